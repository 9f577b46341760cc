/**
 * The voxels of every edit, so that a series whose tags are gone is still recognised: for each slice where the changed
 * voxels lie, some of them with their HU, and the SHA-256 of all of them.
 */
import { Edit, Sha256, Uid } from '@nodulelab/contract';
import { z } from 'zod';
import type { Database } from './database.ts';
import { parseRows } from './rows.ts';
import { fingerprints as sql } from './sql.ts';

/** The changed voxels of one slice. */
export const SliceFingerprint = z.object({
  /** Slice of the source, counted along the body. */
  slice: z.int().min(0),
  voxels: z.int().positive(),
  /** Base64 of little-endian Uint32 pairs: first pixel (column + columns × row) and length of each run. */
  runs: z.base64(),
  /** A few of the voxels as pixel and HU: most other slices differ in the first one. */
  probes: z.array(z.tuple([z.int().min(0), z.int()])).min(1),
  /** Of the HU of all runs in order: Int16, little-endian. */
  sha256: Sha256,
});
export type SliceFingerprint = z.infer<typeof SliceFingerprint>;

export const EditFingerprint = z.object({
  edit: Edit,
  columns: z.int().positive(),
  rows: z.int().positive(),
  /** Centre of the edit in voxels of the source, and the distance between its slices, mm. */
  centreVoxel: z.tuple([z.number(), z.number(), z.number()]),
  sliceDistanceMm: z.number().positive(),
  /** Only slices with enough changed voxels to tell them from chance. */
  slices: z.array(SliceFingerprint),
});
export type EditFingerprint = z.infer<typeof EditFingerprint>;

export const RegisteredEdit = z.object({
  seriesInstanceUID: Uid,
  sourceSeriesInstanceUID: Uid,
  fingerprint: EditFingerprint,
});
export type RegisteredEdit = z.infer<typeof RegisteredEdit>;

export interface FingerprintTable {
  /** Enters the edits of a series; those entered for it before go. Rows of `derived` take theirs with them. */
  put(
    seriesInstanceUID: string,
    sourceSeriesInstanceUID: string,
    edits: readonly EditFingerprint[],
  ): Promise<void>;
  /** Forgets a series. */
  remove(seriesInstanceUID: string): Promise<void>;
  /** Edits of all series with slices of this size, the oldest first. */
  ofSize(columns: number, rows: number): Promise<RegisteredEdit[]>;
  /** How many edits there are in all. */
  count(): Promise<number>;
}

const Count = z.object({ count: z.int().min(0) });

export function fingerprintTable({ query, transaction }: Database): FingerprintTable {
  return {
    put: (series, source, edits) =>
      transaction(async (run) => {
        await run(sql.remove, [series]);
        for (const [number, edit] of edits.entries()) {
          const { columns, rows } = edit;
          await run(sql.insert, [
            ...[series, number, source, columns, rows],
            JSON.stringify(EditFingerprint.parse(edit)),
          ]);
        }
      }),
    async remove(series) {
      await query(sql.remove, [series]);
    },
    ofSize: async (columns, rows) =>
      parseRows(RegisteredEdit, 'fingerprint', await query(sql.ofSize, [columns, rows])),
    count: async () => parseRows(Count, 'fingerprint', await query(sql.count))[0]?.count ?? 0,
  };
}
