/** The pictures of an evaluation's report: some patches of each set, drawn by the seed, and the nearest pairs. */
import { encode } from 'fast-png';
import { copyOriented } from '../../dataset/augmentation/orientation.ts';
import { type Grey, planesOf } from '../../dataset/contactSheet/planes.ts';
import { ORIENTATION_NAMES } from '../../evaluation/memorisation/orientationNames.ts';
import type { PatchGroup } from '../../evaluation/patchGroup.ts';
import type { PairPicture, PictureSheet, ReportPictures } from '../../evaluation/report/material.ts';
import type { MemorisedPair } from '../../evaluation/result.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface PicturedGroups {
  readonly real: PatchGroup;
  readonly synthetic: PatchGroup;
  readonly training: PatchGroup | null;
  readonly controls: readonly PatchGroup[];
}

/** Of each group, or all where it has fewer. */
const SHOWN = 24;
const COLUMNS = 12;
/** Edge of a slice in pixels. */
const EDGE = 96;
const PAIR_EDGE = 112;
const GAP = 2;

/**
 * @param pairs the training set must be there for them
 * @throws NoduleLabError `cancelled`
 */
export async function gatherPictures(
  { real, synthetic, training, controls }: PicturedGroups,
  options: {
    readonly seed: number;
    readonly pairs: readonly MemorisedPair[];
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Pick<ReportPictures, 'sheets' | 'pairs'>> {
  const { seed, signal } = options;
  const sheets: PictureSheet[] = [];
  for (const group of [real, synthetic, ...controls]) sheets.push(await sheetOf(group, seed, signal));
  const pairs: PairPicture[] = [];
  if (training !== null)
    for (const pair of options.pairs) {
      refuseStopped(signal);
      pairs.push(await pairOf(pair, synthetic, training));
    }
  return { sheets, pairs };
}

/** Groups of the same number show patches of the same numbers: most controls are made of real patches one by one. */
export async function sheetOf(
  group: PatchGroup,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<PictureSheet> {
  const { name, count, size } = group;
  const indexes = [...Random.of('evaluation', 'pictures', seed, count).permutation(count)].slice(0, SHOWN);
  const slices: Grey[] = [];
  for (const index of indexes) {
    refuseStopped(signal);
    slices.push(planesOf(await group.patch(index), size, EDGE)[0]);
  }
  const caption =
    indexes.length < count ? `${indexes.length} of ${count}, drawn by seed ${seed}` : `all ${count}`;
  return { name, caption, ...pngOf(slices, COLUMNS) };
}

async function pairOf(
  { synthetic: { index }, training: seen, transform }: MemorisedPair,
  synthetic: PatchGroup,
  training: PatchGroup,
): Promise<PairPicture> {
  const orientation = ORIENTATION_NAMES.indexOf(transform);
  if (orientation < 0)
    throw new NoduleLabError('invalid-input', `No flip or turn of a cube is named "${transform}".`, {
      transform,
    });
  const original = await training.patch(seen.index);
  const turned = new Float32Array(original.length);
  copyOriented(original, training.size, orientation, turned, 0);
  return {
    synthetic: planesUrl(await synthetic.patch(index), synthetic.size),
    training: planesUrl(turned, training.size),
  };
}

const planesUrl = (patch: Float32Array, size: number): string =>
  pngOf(planesOf(patch, size, PAIR_EDGE), 3).url;

/** Square slices of one size in rows, as a data URL. */
function pngOf(slices: readonly Grey[], columns: number): Pick<PictureSheet, 'url' | 'width' | 'height'> {
  const edge = slices[0]?.size ?? 1;
  const across = Math.min(columns, Math.max(1, slices.length));
  const width = across * (edge + GAP) - GAP;
  const height = Math.max(1, Math.ceil(slices.length / across)) * (edge + GAP) - GAP;
  const data = new Uint8Array(width * height);
  slices.forEach((slice, at) => {
    const left = (at % across) * (edge + GAP);
    const top = Math.floor(at / across) * (edge + GAP);
    for (let y = 0; y < edge; y++)
      data.set(slice.data.subarray(y * edge, (y + 1) * edge), left + width * (top + y));
  });
  const png = encode({ width, height, data, channels: 1, depth: 8 });
  return { url: `data:image/png;base64,${Buffer.from(png).toString('base64')}`, width, height };
}

function refuseStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new NoduleLabError('cancelled', 'The evaluation was stopped; the same command goes on from there.');
}
