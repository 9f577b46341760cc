/** Nodules of a group inserted into host CTs, one at a time, to be measured there; what was read is kept on disk. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { InsertedSize } from '../../../evaluation/adherence.ts';
import type { PatchGroup } from '../../../evaluation/patchGroup.ts';
import { writeJsonAtomically } from '../../../nn/artefactFile.ts';
import { Random } from '../../../nn/random.ts';
import type { ComparisonHost, LoadedHost } from '../../comparison/hosts.ts';
import { sizeInHost } from './sizeInHost.ts';

/** Nodules of a group that are inserted at most: the interval of a median hardly narrows beyond. */
const MOST = 60;
/** Counted up where the same nodule in the same host would be measured differently. */
const READING_VERSION = 1;

const sizeSchema = z.object({ sphereMm: z.number(), largestMm: z.number() }).nullable();
const keptSchema = z.array(z.object({ id: z.string(), size: sizeSchema }));

export interface InsertedGroup {
  /** One for each patch of the group; null where it was not inserted, or could not be measured. */
  readonly sizes: readonly (InsertedSize | null)[];
  /** By host, in the order given. */
  readonly counts: readonly number[];
}

export interface Inserting {
  readonly hosts: readonly ComparisonHost[];
  /** Readings are kept in it: calls with the same folder insert a group once. */
  readonly workDir: string;
  readonly seed: number;
  /** Throws where the work is to stop. */
  readonly turn: () => Promise<void>;
  readonly onProgress: (share: number, message: string) => void;
}

/**
 * Hosts are read one after the other, and each only where a nodule is left for it. A nodule is inserted at the diameter
 * that was asked for.
 *
 * @param groups in the order of the answer; a nodule's place depends on its group's name, its number and the seed
 * @throws NoduleLabError as the hosts do; what `turn` throws
 */
export async function insertGroups(
  groups: readonly PatchGroup[],
  inserting: Inserting,
): Promise<InsertedGroup[]> {
  const { hosts, workDir, seed, turn, onProgress } = inserting;
  const plans = groups.map((group) => planOf(group, hosts.length, seed));
  const found = groups.map((group) => ({
    sizes: new Array<InsertedSize | null>(group.count).fill(null),
    counts: hosts.map(() => 0),
  }));
  const total = plans.flat(2).length;
  let done = 0;
  for (const [number, host] of hosts.entries()) {
    let read: Promise<LoadedHost> | undefined;
    for (const [at, group] of groups.entries()) {
      const own = plans[at]![number]!;
      const path = join(workDir, `${keyOf(group, host, seed)}.inserted.json`);
      const kept = await keptAt(path, group, own);
      const sizes: (InsertedSize | null)[] = [];
      for (const index of own) {
        await turn();
        const { conditions, diameterMm } = group.items[index]!;
        sizes.push(
          kept === undefined
            ? sizeInHost(
                await (read ??= host.load()),
                await group.patch(index),
                conditions['diameter'] ?? diameterMm,
                Random.of('evaluation', 'inserted', group.name, index, seed),
              )
            : kept[sizes.length]!,
        );
        onProgress(++done / total, `inserting nodules of ${group.name} into ${host.name}`);
      }
      if (kept === undefined) {
        await mkdir(workDir, { recursive: true });
        await writeJsonAtomically(
          path,
          own.map((index, n) => ({ id: group.items[index]!.id, size: sizes[n]! })),
        );
      }
      for (const [n, index] of own.entries()) found[at]!.sizes[index] = sizes[n]!;
      found[at]!.counts[number] = sizes.filter((size) => size !== null).length;
    }
  }
  return found;
}

/** For each host the indices of its nodules: some drawn by the seed, dealt out in turn. */
function planOf({ name, count }: PatchGroup, hosts: number, seed: number): number[][] {
  const order = Random.of('evaluation', 'inserted', 'which', name, seed).permutation(count);
  const chosen = [...order.subarray(0, MOST)];
  return Array.from({ length: hosts }, (_, host) =>
    chosen.filter((_one, at) => at % hosts === host).toSorted((a, b) => a - b),
  );
}

const keyOf = ({ sha256, name }: PatchGroup, { key }: ComparisonHost, seed: number): string =>
  createHash('sha256')
    .update(JSON.stringify([READING_VERSION, MOST, sha256, name, key, seed]))
    .digest('hex')
    .slice(0, 32);

/** Undefined where they were not read, or of other nodules. */
async function keptAt(
  path: string,
  { items }: PatchGroup,
  indexes: readonly number[],
): Promise<(InsertedSize | null)[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const kept = keptSchema.parse(JSON.parse(text));
    const same = kept.length === indexes.length && kept.every(({ id }, at) => id === items[indexes[at]!]!.id);
    return same ? kept.map(({ size }) => size) : undefined;
  } catch {
    return undefined;
  }
}
