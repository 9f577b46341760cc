/** The pictures of a run's folder, ready to be put into a page. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listCheckpoints, stemOf } from '../../nn/checkpoint.ts';
import { REAL_FILE, samplesFileOf } from './sampleGrid.ts';

export interface RunPictures {
  /** Data URL of patches of the set, or null. */
  readonly real: string | null;
  /** One for each checkpoint that has one, oldest first. */
  readonly samples: readonly { readonly update: number; readonly step: number; readonly url: string }[];
}

export async function readPictures(folder: string): Promise<RunPictures> {
  const samples: { update: number; step: number; url: string }[] = [];
  for (const checkpoint of await listCheckpoints(folder)) {
    const stem = stemOf(checkpoint);
    const url = await dataUrl(join(folder, samplesFileOf(stem)));
    const step = Number(/^checkpoint-\d+-(\d+)$/.exec(stem)?.[1] ?? 0);
    if (url !== null) samples.push({ update: checkpoint.update, step, url });
  }
  return { real: await dataUrl(join(folder, REAL_FILE)), samples };
}

const dataUrl = (path: string): Promise<string | null> =>
  readFile(path).then(
    (bytes) => `data:image/png;base64,${bytes.toString('base64')}`,
    () => null,
  );
