import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encode } from 'fast-png';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensorsModel } from '../../server/src/gan/modelFile.ts';
import { loadGenerator } from '../../server/src/gan/model.ts';
import { readModelCard } from '../../server/src/gan/modelCard.ts';
import { attachPicture, readModelPicture } from '../../server/src/services/modelPictures.ts';

const SHIPPED = join(import.meta.dirname, '../../models/malignant-64');
const png = encode({ width: 2, height: 2, data: new Uint8Array(4), channels: 1, depth: 8 });
let dir: string;
const model = () => ({ name: 'malignant-64', folder: join(dir, 'model') });
const fileOf = async (name: string, bytes: Uint8Array = png): Promise<string> => {
  const path = join(dir, name);
  await writeFile(path, bytes);
  return path;
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-pictures-'));
  await mkdir(model().folder);
  for (const file of ['model.json', 'generator.safetensors'])
    await cp(join(SHIPPED, file), join(model().folder, file));
});
afterAll(() => rm(dir, { recursive: true }));

describe('pictures of a model', () => {
  test('are kept in its folder under their names, in its card, and one of the same name is replaced', async () => {
    const before = await readModelCard(model().folder);
    await attachPicture(model(), await fileOf('sheet.png'), 'A sheet.');
    await attachPicture(
      model(),
      await fileOf('inserted.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)),
      'In CTs.',
    );
    const newer = encode({ width: 1, height: 1, data: new Uint8Array(1), channels: 1, depth: 8 });
    const pictures = await attachPicture(model(), await fileOf('sheet.png', newer), 'A newer sheet.');
    expect(pictures).toEqual([
      { file: 'inserted.jpg', caption: 'In CTs.' },
      { file: 'sheet.png', caption: 'A newer sheet.' },
    ]);
    expect(await readModelCard(model().folder)).toEqual({ ...before, pictures });
    expect(Buffer.from(await readModelPicture(model(), 'sheet.png'))).toEqual(Buffer.from(newer));
  });

  test('do not go into a file for other programs, whose card would name what is not there', async () => {
    const loaded = await loadGenerator(model().folder);
    if (!('parameters' in loaded)) throw new Error('not a network of ours');
    const bytes = Buffer.concat([...encodeSafetensorsModel(loaded)]);
    expect(bytes.includes('sheet.png')).toBe(false);
    expect(bytes.includes('malignant-64')).toBe(true);
  });

  test.each([
    ['of another kind', 'page.png', Uint8Array.of(1, 2, 3), 'x'],
    ['whose name says another kind', 'picture.jpg', png, 'x'],
    ['with a name that is none for a file everywhere', 'a b.png', png, 'x'],
    ['without a caption', 'empty.png', png, ''],
  ])('%s are refused, and the card stays as it is', async (_, name, bytes, caption) => {
    const before = await readFile(join(model().folder, 'model.json'));
    await expect(attachPicture(model(), await fileOf(name, bytes), caption)).rejects.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining("cannot be a model's picture"),
    });
    expect(await readFile(join(model().folder, 'model.json'))).toEqual(before);
  });

  test('that are not there are told, with those that are', async () => {
    await expect(attachPicture(model(), join(dir, 'nowhere.png'), 'x')).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(readModelPicture(model(), 'other.png')).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('it has: inserted.jpg, sheet.png'),
    });
    // What the card does not name is not given out, whatever lies in the folder.
    await expect(readModelPicture(model(), 'model.json')).rejects.toMatchObject({ kind: 'not-found' });
    await rm(join(model().folder, 'pictures', 'sheet.png'));
    await expect(readModelPicture(model(), 'sheet.png')).rejects.toMatchObject({ kind: 'not-found' });
  });
});
