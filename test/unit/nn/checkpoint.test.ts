import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  listCheckpoints,
  pruneCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from '../../../server/src/nn/checkpoint.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true }));

const CONTENT = { tensors: { w: { shape: [3], values: Float32Array.of(1, 2, 3) } }, state: { update: 7 } };
const write = (update: number, milestone = false) => writeCheckpoint(folder, CONTENT, { update, milestone });

describe('a checkpoint', () => {
  test('comes back with its tensors and its state', async () => {
    await write(7);
    const [info] = await listCheckpoints(folder);
    expect(await readCheckpoint(info!)).toEqual(CONTENT);
  });

  test('is refused when a byte of it has changed, with an error that names the file and what to do', async () => {
    const info = await write(7);
    const path = join(folder, info.file);
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(readCheckpoint(info)).rejects.toMatchObject({
      name: 'NoduleLabError',
      kind: 'refused',
      message: expect.stringMatching(/checkpoint-00000007\.safetensors.*move this one and its \.json away/),
    });
  });

  test('counts only once its description is written: a cut-off write is not found', async () => {
    await write(7);
    await writeFile(join(folder, 'checkpoint-00000008.safetensors'), 'half a file');
    await writeFile(join(folder, 'checkpoint-00000009.safetensors.123.partial'), 'half a file');
    expect((await listCheckpoints(folder)).map((info) => info.update)).toEqual([7]);
  });

  test('leaves no temporary files behind', async () => {
    await write(7);
    expect((await readdir(folder)).sort()).toEqual([
      'checkpoint-00000007.json',
      'checkpoint-00000007.safetensors',
    ]);
  });

  test('is kept for good if it is a milestone, else while it is among the newest', async () => {
    for (const update of [1, 2, 3, 4]) await write(update, update === 1);
    await pruneCheckpoints(folder, 2);
    expect((await listCheckpoints(folder)).map((info) => info.update)).toEqual([1, 3, 4]);
    expect((await readdir(folder)).length).toBe(6);
  });

  test('with a description that is none is reported, not skipped', async () => {
    await writeFile(join(folder, 'checkpoint-00000001.json'), '{}');
    await expect(listCheckpoints(folder)).rejects.toThrow('checkpoint-00000001.json');
  });
});
