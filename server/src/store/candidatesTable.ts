import { endianness } from 'node:os';
import { Candidate } from '@nodulelab/contract';
import type { z } from 'zod';
import { type Artefacts, sha256Of } from './artefacts.ts';
import type { Database } from './database.ts';
import { CandidateRow, parseRows } from './rows.ts';
import { candidates as sql } from './sql.ts';

/** What is judged of a candidate is judged anew whenever it is asked for: limits may change. */
const StoredCandidate = Candidate.omit({ checks: true });
export type StoredCandidate = z.infer<typeof StoredCandidate>;

/** A candidate before it is stored: its identity follows from its content. */
export type CandidateMeta = Omit<StoredCandidate, 'id' | 'sha256'>;

/** Samples of the generator, voxels among them. */
export interface CandidatesTable {
  /**
   * Stores a sample. The id is derived from the voxels and from where they come from (model, seed, index): the same
   * sample has the same id, whenever and wherever it is stored.
   * @param voxels the patch, x fastest, in the generator's range
   */
  put(meta: CandidateMeta, voxels: Float32Array): Promise<StoredCandidate>;
  get(id: string): Promise<{ candidate: StoredCandidate; voxels: Float32Array } | undefined>;
}

export function candidatesTable({ query }: Database, artefacts: Artefacts): CandidatesTable {
  return {
    async put(meta, voxels) {
      const sha256 = await artefacts.put(toLittleEndian(voxels));
      const { model, modelSha256, seed, index } = meta;
      const id = sha256Of(JSON.stringify([sha256, model, modelSha256, seed, index])).slice(0, 32);
      const candidate = StoredCandidate.parse({ ...meta, id, sha256 });
      await query(sql.put, [id, JSON.stringify(candidate)]);
      return candidate;
    },
    async get(id) {
      const [row] = parseRows(CandidateRow, 'candidate', await query(sql.get, [id]));
      if (!row) return undefined;
      const bytes = await artefacts.get(row.candidate.sha256);
      return { candidate: row.candidate, voxels: voxelsOfBytes(bytes) };
    },
  };
}

/** Bytes of an artefact mean the same on every machine. */
function toLittleEndian(voxels: Float32Array): Uint8Array {
  const bytes = Buffer.from(voxels.buffer.slice(voxels.byteOffset, voxels.byteOffset + voxels.byteLength));
  return endianness() === 'LE' ? bytes : bytes.swap32();
}

/** The voxels of a candidate's artefact. */
export function voxelsOfBytes(bytes: Uint8Array): Float32Array {
  const voxels = new Float32Array(bytes.byteLength / 4);
  const target = Buffer.from(voxels.buffer);
  target.set(bytes);
  if (endianness() !== 'LE') target.swap32();
  return voxels;
}
