/**
 * Compares what a page shows with a picture that is kept in the repository. Both are halved first, which takes the edge off
 * anti-aliasing, and a share of pixels may differ: other fonts and another software renderer move a few.
 *
 * `NODULELAB_KEEP_PICTURES=1` writes the kept pictures anew: look at them before you commit them.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

const KEPT = join(import.meta.dirname, '../e2e/kept');
/** Of a pixel's colour, as pixelmatch measures it (YIQ): what an eye sees beside each other. */
const VISIBLE = 0.15;

export interface Comparison {
  /** Share of pixels that differ visibly; 1 where the sizes differ. */
  readonly different: number;
}

/** @param shot PNG of the page */
export async function compareWithKept(shot: Uint8Array, name: string): Promise<Comparison> {
  const path = join(KEPT, `${name}.png`);
  const shown = halved(PNG.sync.read(Buffer.from(shot)));
  if (process.env['NODULELAB_KEEP_PICTURES'] === '1') {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, PNG.sync.write(shown, { deflateLevel: 9 }));
  }
  return differenceOf(shown, PNG.sync.read(await readFile(path)), name);
}

/** How far two pictures of a page are apart. */
export function comparePictures(one: Uint8Array, other: Uint8Array, name: string): Promise<Comparison> {
  const [a, b] = [one, other].map((shot) => halved(PNG.sync.read(Buffer.from(shot))));
  return differenceOf(a!, b!, name);
}

async function differenceOf(shown: PNG, kept: PNG, name: string): Promise<Comparison> {
  const { width, height } = kept;
  if (shown.width !== width || shown.height !== height) return { different: 1 };
  const marked = new PNG({ width, height });
  const count = pixelmatch(shown.data, kept.data, marked.data, width, height, { threshold: VISIBLE });
  const out = join(import.meta.dirname, '../../artifacts/e2e/kept');
  await mkdir(out, { recursive: true });
  await writeFile(join(out, `${name}.difference.png`), PNG.sync.write(marked));
  await writeFile(join(out, `${name}.png`), PNG.sync.write(shown));
  return { different: count / (width * height) };
}

/** Means of two by two pixels; without alpha, for pages have none. */
function halved({ width, height, data }: PNG): PNG {
  const small = new PNG({ width: width >> 1, height: height >> 1 });
  for (let y = 0; y < small.height; y++)
    for (let x = 0; x < small.width; x++) {
      const from = 4 * (2 * y * width + 2 * x);
      const to = 4 * (y * small.width + x);
      for (let c = 0; c < 3; c++)
        small.data[to + c] =
          (data[from + c]! +
            data[from + 4 + c]! +
            data[from + 4 * width + c]! +
            data[from + 4 * width + 4 + c]!) >>
          2;
      small.data[to + 3] = 255;
    }
  return small;
}
