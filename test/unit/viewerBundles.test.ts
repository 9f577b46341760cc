import { beforeAll, expect, test } from '@jest/globals';
import { basename } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { bundlePlugins } from '../../viewer/build.ts';

const MOST_BYTES = 250_000;
/** What express answers `Accept-Encoding: br` with; the best would take a tenth less. */
const QUALITY = 4;

let scripts: { name: string; contents: Uint8Array }[];
beforeAll(async () => {
  scripts = (await bundlePlugins())
    .filter(({ path }) => path.endsWith('.js'))
    .map(({ path, contents }) => ({ name: basename(path), contents }));
});

test('the viewer is given two modules, and no more', () => {
  expect(scripts.map(({ name }) => name).toSorted()).toEqual(['extension.js', 'mode-synthesis.js']);
});

test('extension and mode together take 250 kB at most as they are sent', () => {
  const sizes = scripts.map(
    ({ contents }) =>
      brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } }).length,
  );
  const all = sizes.reduce((sum, size) => sum + size, 0);
  process.stdout.write(`extension and mode: ${(all / 1000).toFixed(1)} kB brotli\n`);
  expect(all).toBeLessThanOrEqual(MOST_BYTES);
});

test('no second copy of the viewer’s own libraries comes along', () => {
  for (const { contents } of scripts)
    expect(Buffer.from(contents).toString()).not.toMatch(/vtkjs|cornerstone3D|@cornerstonejs/i);
});
