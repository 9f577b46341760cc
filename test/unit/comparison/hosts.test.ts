import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHosts, type ComparisonHost } from '../../../server/src/services/comparison/hosts.ts';
import { niftiBytes } from '../../support/niftiFile.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-hosts-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const open = (...paths: string[]): Promise<ComparisonHost[]> =>
  openHosts(paths, { researchArchive: false }, new AbortController().signal);

describe('hosts of a comparison', () => {
  test('may be image files, which know no patient; one without a lung is named', async () => {
    const path = join(root, 'block.nii');
    // A block of tissue in air.
    const voxels = Int16Array.from({ length: 32 ** 3 }, (_, at) => {
      const [i, j] = [at % 32, Math.floor(at / 32) % 32];
      return Math.hypot(i - 16, j - 16) < 12 ? 40 : -1000;
    });
    writeFileSync(path, niftiBytes({ size: [32, 32, 32], spacing: [8, 8, 8], rasOrigin: [0, 0, 0], voxels }));
    const [host, ...others] = await open(path);
    expect(others).toEqual([]);
    expect(host).toMatchObject({ name: path, patientId: null });
    await expect(host!.load()).rejects.toThrow(/The host .*block\.nii takes no nodule: .*lung/);
  });

  test('are one host where the same file is given twice', async () => {
    const path = join(root, 'block.nii');
    expect(await open(path, path)).toHaveLength(1);
  });

  test('that are not there, or hold no CT, are named with what to give instead', async () => {
    await expect(open(join(root, 'nowhere'))).rejects.toThrow(
      /The host .*nowhere cannot be read: check the path/,
    );
    const empty = join(root, 'empty');
    mkdirSync(empty);
    await expect(open(empty)).rejects.toThrow(
      /There is no CT series in the host folder .*empty: give a folder/,
    );
    const damaged = join(root, 'damaged');
    mkdirSync(damaged);
    writeFileSync(join(damaged, '1.dcm'), 'no DICOM');
    await expect(open(damaged)).rejects.toThrow(
      /There is no CT series .*named \.dcm but it has no DICOM preamble/,
    );
  });
});
