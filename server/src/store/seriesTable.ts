import type { Database, Query } from './database.ts';
import { SeriesRow, parseRows } from './rows.ts';
import { series as sql } from './sql.ts';

/** Every series that NoduleLab knows. */
export interface SeriesTable {
  /** Adds the series, or replaces what is known of it. */
  upsert(row: SeriesRow): Promise<void>;
  get(seriesInstanceUID: string): Promise<SeriesRow | undefined>;
  /** By patient, study, series. */
  list(): Promise<SeriesRow[]>;
  ofStudy(studyInstanceUID: string): Promise<SeriesRow[]>;
}

export function seriesTable({ query }: Database): SeriesTable {
  const select = async (statement: string, parameters: readonly unknown[]): Promise<SeriesRow[]> =>
    parseRows(SeriesRow, 'series', await query(statement, parameters));
  return {
    upsert: (row) => upsertSeries(query, row),
    get: async (uid) => (await select(sql.get, [uid]))[0],
    list: () => select(sql.list, []),
    ofStudy: (uid) => select(sql.ofStudy, [uid]),
  };
}

/** Adds the series, or replaces what is known of it, with a query that may be part of a transaction. */
export async function upsertSeries(query: Query, row: SeriesRow): Promise<void> {
  const { seriesInstanceUID, studyInstanceUID, patientId, modality, description, instances, origin } =
    SeriesRow.parse(row);
  await query(sql.upsert, [
    seriesInstanceUID,
    studyInstanceUID,
    patientId,
    modality,
    description,
    instances,
    origin,
  ]);
}
