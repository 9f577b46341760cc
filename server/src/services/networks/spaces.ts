/**
 * The directions in which sets are held against each other, `spaces.json` beside the attribute network: fixed before any
 * set is compared, by the real nodules that the network learned from.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { featureSpaceSchema, fitSpace, type FeatureSpace } from '../../evaluation/featureSpace.ts';
import { cropToNodule } from '../../evaluation/noduleCrop.ts';
import type { Space, View } from '../../evaluation/patchGroup.ts';
import { RADIOMIC_NAMES, radiomicFeatures } from '../../evaluation/radiomics/radiomicFeatures.ts';
import { rowsOf } from '../../evaluation/sample.ts';
import type { ShownNodule } from '../../networks/attributeExamples.ts';
import type { AttributeReader, DescribedPatch } from '../../networks/attributeNetwork.ts';
import { readNetworkCard } from '../../networks/networkCard.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export const SPACES_FILE = 'spaces.json';
/** Directions that are kept of each space. */
const DIRECTIONS = 32;

const viewsSchema = z.object({ patch: featureSpaceSchema, nodule: featureSpaceSchema });
export const spacesFileSchema = z.object({
  format: z.literal(1),
  /** Of the attribute network whose features they are directions of. */
  weightsSha256: z.string().regex(/^[0-9a-f]{64}$/),
  spaces: z.object({ attributes: viewsSchema, radiomics: viewsSchema }),
});
export type FeatureSpaces = Readonly<Record<Space, Readonly<Record<View, FeatureSpace>>>>;

/**
 * The spaces of a network's folder.
 * @throws NoduleLabError `not-found` without the file, `invalid-input` for one that is none, `refused` for one that
 *   belongs to other weights or features
 */
export async function readSpaces(folder: string): Promise<FeatureSpaces> {
  const path = join(folder, SPACES_FILE);
  const card = await readNetworkCard(folder, 'attributes');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${path} is missing: restore it, or train the network again with nodulelab networks train attributes.`,
      { path },
      error,
    );
  });
  const file = await Promise.resolve(text)
    .then((json) => spacesFileSchema.parse(JSON.parse(json)))
    .catch((error: unknown) => {
      throw new NoduleLabError(
        'invalid-input',
        `${path} does not hold the feature spaces of this version: train the network again.`,
        { path },
        error,
      );
    });
  for (const { names } of Object.values(file.spaces.radiomics))
    if (!isDeepStrictEqual(names, RADIOMIC_NAMES))
      throw new NoduleLabError(
        'refused',
        `${path} was fitted to other radiomic features than this version has: train the network again with the same checkpoints, which fits them anew.`,
        { path },
      );
  if (file.weightsSha256 === card.weights.sha256) return file.spaces;
  throw new NoduleLabError(
    'refused',
    `${path} belongs to other weights than the card beside it: restore both together, or train the network again.`,
    { path, expected: card.weights.sha256, actual: file.weightsSha256 },
  );
}

export interface FitOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

/** The spaces of both views; of the sets that show a nodule each is taken in its turn. */
export async function fitSpaces(
  shown: readonly ShownNodule[],
  reader: AttributeReader,
  options: FitOptions = {},
): Promise<FeatureSpaces> {
  return {
    radiomics: await fitRadiomics(shown, options),
    attributes: await fitAttributes(shown, reader, options),
  };
}

/** The part that does not depend on the network, and takes longest. */
export function fitRadiomics(
  shown: readonly ShownNodule[],
  options: FitOptions = {},
): Promise<FeatureSpaces['radiomics']> {
  return fitViews('radiomics', RADIOMIC_NAMES, shown, options, (patches) =>
    Promise.resolve(patches.map(({ values, size, spacingMm }) => radiomicFeatures(values, size, spacingMm))),
  );
}

export function fitAttributes(
  shown: readonly ShownNodule[],
  reader: AttributeReader,
  options: FitOptions = {},
): Promise<FeatureSpaces['attributes']> {
  const names = Array.from({ length: reader.featureSize }, (_, i) => `feature ${i}`);
  return fitViews('attributes', names, shown, options, async (patches) =>
    (await reader.describe(patches)).map(({ features }) => features),
  );
}

/** @param describe answers null for a patch that shows no nodule */
async function fitViews(
  space: Space,
  names: readonly string[],
  shown: readonly ShownNodule[],
  { signal, onProgress }: FitOptions,
  describe: (patches: readonly DescribedPatch[]) => Promise<readonly (Float64Array | null)[]>,
): Promise<Record<View, FeatureSpace>> {
  const vectors: Record<View, Float64Array[]> = { patch: [], nodule: [] };
  for (const [index, { views }] of shown.entries()) {
    signal?.throwIfAborted();
    const own = views[index % views.length]!;
    const seen = Object.entries(viewsOf({ ...own, values: await own.patch() })) as [View, DescribedPatch][];
    const described = await describe(seen.map(([, patch]) => patch));
    seen.forEach(([view], i) => {
      const vector = described[i];
      if (vector) vectors[view].push(vector);
    });
    onProgress?.((index + 1) / shown.length);
  }
  const fixedBy = `${shown.length} real nodules of the train fold that the attribute network learned from`;
  const fit = (view: View): FeatureSpace =>
    fitSpace(rowsOf(vectors[view]), names, DIRECTIONS, { name: `${space}/${view}`, fixedBy });
  return { patch: fit('patch'), nodule: fit('nodule') };
}

/** The whole patch, and the crop that is scaled to its nodule where it shows one. */
function viewsOf(patch: DescribedPatch): Partial<Record<View, DescribedPatch>> {
  const crop = cropToNodule(patch.values, patch.size);
  return {
    patch,
    ...(crop === null
      ? {}
      : { nodule: { values: crop.values, size: patch.size, spacingMm: patch.spacingMm * crop.scale } }),
  };
}
