/** Brings a database to the version of this program, each step in a transaction of its own. */
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import type { Database } from './database.ts';
import { MIGRATIONS, migration } from './sql.ts';

const Current = z.tuple([z.object({ number: z.int() })]);

/** @throws conflict where the database was made by a newer program. */
export async function migrate(database: Database): Promise<void> {
  let applied = true;
  while (applied) {
    applied = await database.transaction(async (query, script) => {
      await query(migration.lock);
      await script(migration.prepare);
      const [{ number }] = Current.parse(await query(migration.current));
      if (number > MIGRATIONS.length)
        throw new NoduleLabError(
          'conflict',
          `The database has version ${number}, this program knows ${MIGRATIONS.length}: ` +
            'it was made by a newer NoduleLab. Update the program, or use another data folder.',
          { databaseVersion: number, knownVersion: MIGRATIONS.length },
        );
      const step = MIGRATIONS[number];
      if (step === undefined) return false;
      await script(step);
      await query(migration.record, [number + 1]);
      return true;
    });
  }
}
