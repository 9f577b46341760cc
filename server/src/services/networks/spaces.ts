/**
 * The directions in which sets are held against each other, `spaces.json` beside the attribute network: fixed before any
 * set is compared, by the real nodules that the network learned from.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { featureSpaceSchema, fitSpace, type FeatureSpace } from '../../evaluation/featureSpace.ts';
import { cropToNodule } from '../../evaluation/noduleCrop.ts';
import { SPACES, VIEWS, type Space, type View } from '../../evaluation/patchGroup.ts';
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
 *   belongs to other weights
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
  if (file.weightsSha256 === card.weights.sha256) return file.spaces;
  throw new NoduleLabError(
    'refused',
    `${path} belongs to other weights than the card beside it: restore both together, or train the network again.`,
    { path, expected: card.weights.sha256, actual: file.weightsSha256 },
  );
}

/** Fits the spaces of both views over all that the sets show of the nodules. */
export async function fitSpaces(
  shown: readonly ShownNodule[],
  reader: AttributeReader,
  {
    signal,
    onProgress,
  }: { readonly signal?: AbortSignal | undefined; readonly onProgress?: (share: number) => void },
): Promise<FeatureSpaces> {
  const vectors: Record<Space, Record<View, Float64Array[]>> = {
    attributes: { patch: [], nodule: [] },
    radiomics: { patch: [], nodule: [] },
  };
  for (const [index, { views }] of shown.entries()) {
    signal?.throwIfAborted();
    for (const shownIn of views) {
      const whole = { ...shownIn, values: await shownIn.patch() };
      const seen = Object.entries(viewsOf(whole)) as [View, DescribedPatch][];
      const readings = await reader.describe(seen.map(([, patch]) => patch));
      seen.forEach(([view, patch], i) => {
        vectors.attributes[view].push(readings[i]!.features);
        const radiomics = radiomicFeatures(patch.values, patch.size, patch.spacingMm);
        if (radiomics !== null) vectors.radiomics[view].push(radiomics);
      });
    }
    onProgress?.((index + 1) / shown.length);
  }
  const fixedBy = `${shown.length} real nodules of the train fold that the attribute network learned from`;
  const names: Record<Space, readonly string[]> = {
    attributes: Array.from({ length: reader.featureSize }, (_, i) => `feature ${i}`),
    radiomics: RADIOMIC_NAMES,
  };
  const fit = (space: Space, view: View): FeatureSpace =>
    fitSpace(rowsOf(vectors[space][view]), names[space], DIRECTIONS, { name: `${space}/${view}`, fixedBy });
  return Object.fromEntries(
    SPACES.map((space) => [space, Object.fromEntries(VIEWS.map((view) => [view, fit(space, view)]))]),
  ) as FeatureSpaces;
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
