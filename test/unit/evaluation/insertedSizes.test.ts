import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lungMask } from '../../../server/src/anatomy/lungMask.ts';
import type { PatchGroup } from '../../../server/src/evaluation/patchGroup.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { makePhantom, SMALL_PHANTOM } from '../../../server/src/phantom/phantom.ts';
import type { ComparisonHost, LoadedHost } from '../../../server/src/services/comparison/hosts.ts';
import {
  insertGroups,
  type InsertedGroup,
} from '../../../server/src/services/evaluation/inserted/insertGroup.ts';
import { sizeInHost } from '../../../server/src/services/evaluation/inserted/sizeInHost.ts';
import { sha256Of } from '../../../server/src/store/artefacts.ts';
import { ballPatch } from '../../support/nodulePatches.ts';

const SIZE = 32;
const root = mkdtempSync(join(tmpdir(), 'nodulelab-inserted-'));
const voxels = ({ volume: { data } }: LoadedHost): string =>
  sha256Of(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

let host: LoadedHost;
beforeAll(() => {
  const { volume } = makePhantom({ ...SMALL_PHANTOM, nodules: [], seed: 1 });
  host = { volume, lung: lungMask(volume), nodules: [] };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a nodule in a CT', () => {
  test.each([10, 16])('of %i mm measures about what was asked for, whatever its size in its patch', (mm) => {
    for (const part of [0.15, 0.3]) {
      const patch = ballPatch(SIZE, SIZE * part, `ball ${part}`, 1);
      const size = sizeInHost(host, patch, mm, Random.of('place', mm, part));
      expect(Math.abs(size!.sphereMm / mm - 1)).toBeLessThan(0.12);
      // Of a ball on a grid of 1.8 mm a line is longer by up to a voxel.
      expect(size!.largestMm).toBeGreaterThan(0.9 * mm);
      expect(size!.largestMm).toBeLessThan(mm + 2 * 1.8);
    }
  });

  test('leaves no trace in the voxels of its host', () => {
    const before = voxels(host);
    expect(sizeInHost(host, ballPatch(SIZE, 8, 'a ball'), 12, Random.of('place'))).not.toBeNull();
    expect(voxels(host)).toBe(before);
  });

  test('is not measured where the patch shows none, or the lung has no room', () => {
    const empty = new Float32Array(SIZE ** 3).fill(0.093);
    expect(sizeInHost(host, empty, 10, Random.of('place'))).toBeNull();
    const full = {
      ...host,
      nodules: [{ centre: [0, 0, 0] as const, diameterMm: 400, equivalentDiameterMm: 400 }],
    };
    expect(sizeInHost(full, ballPatch(SIZE, 8, 'a ball'), 10, Random.of('place'))).toBeNull();
  });
});

describe('nodules of a group in several CTs', () => {
  const group = (name: string, count: number): PatchGroup => ({
    ...{ name, count, size: SIZE, sha256: sha256Of(new TextEncoder().encode(name)) },
    items: Array.from({ length: count }, (_, n) => ({
      ...{ id: `${name}/${n}`, cluster: `${name}/${n}`, spacingMm: 1, diameterMm: 10 + n },
      ...{ characteristics: null, conditions: n % 2 === 0 ? { diameter: 14 + n } : {} },
    })),
    patch: async (n) => ballPatch(SIZE, 6 + (n % 4), `${name} ${n}`),
  });
  const loaded: string[] = [];
  const named = (name: string): ComparisonHost => ({
    ...{ name, key: name, patientId: null },
    load: async () => {
      loaded.push(name);
      return host;
    },
  });
  const insert = (groups: readonly PatchGroup[], stopAfter = Infinity): Promise<InsertedGroup[]> => {
    let turns = 0;
    return insertGroups(groups, {
      ...{ hosts: [named('one'), named('two')], workDir: root, seed: 1 },
      turn: async () => {
        if (++turns > stopAfter) throw new Error('stopped');
      },
      onProgress: () => undefined,
    });
  };

  test('are dealt out to the CTs, each at the diameter that was asked for, and read once', async () => {
    const both = [group('synthetic', 5), group('real', 3)];
    await expect(insert(both, 6)).rejects.toThrow('stopped');
    loaded.length = 0;
    const [synthetic, real] = await insert(both);
    // What the CT "one" took before the stop is not inserted again.
    expect(loaded).toEqual(['two']);
    expect(synthetic!.counts).toEqual([3, 2]);
    expect(real!.counts).toEqual([2, 1]);
    for (const [n, size] of synthetic!.sizes.entries())
      expect(Math.abs(size!.sphereMm / (n % 2 === 0 ? 14 + n : 10 + n) - 1)).toBeLessThan(0.15);
    loaded.length = 0;
    expect(await insert(both)).toEqual([synthetic, real]);
    expect(loaded).toEqual([]);
    // Another set of the same name is not taken for it.
    await insert([{ ...group('synthetic', 5), sha256: 'ab'.repeat(32) }]);
    expect(loaded).toEqual(['one', 'two']);
  });
});
