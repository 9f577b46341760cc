import type { z } from 'zod';
import type { Database } from './database.ts';
import { SettingRow, parseRows } from './rows.ts';
import { settings as sql } from './sql.ts';

export type Json = z.infer<typeof SettingRow>['value'];

/** Small facts that outlive a run, by name. */
export interface SettingsTable {
  /** Undefined where it was never set. */
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json): Promise<void>;
}

export function settingsTable({ query }: Database): SettingsTable {
  return {
    get: async (key) => parseRows(SettingRow, 'setting', await query(sql.get, [key]))[0]?.value,
    set: async (key, value) => {
      await query(sql.set, [key, JSON.stringify(value)]);
    },
  };
}
