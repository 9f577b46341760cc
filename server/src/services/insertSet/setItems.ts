/** The synthetic nodules that are to be inserted: those of a balanced set, or a folder of samples. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MANIFEST_FILE } from '../../dataset/manifest.ts';
import type { SyntheticPatch } from '../../dataset/manifest.ts';
import { openPatchFile } from '../../dataset/patchFile.ts';
import { readPatch } from '../../dataset/patchSource.ts';
import { parseNpy } from '../../formats/npy.ts';
import { conditionsSchema, type Conditions } from '../../gan/conditions.ts';
import { Random } from '../../nn/random.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { BalanceModel } from '../balance/balanceModel.ts';

export interface SetItem {
  /** Unique in the set. */
  readonly id: string;
  /** Of the ball of the nodule's volume, mm: what insertion calls its diameter. */
  readonly diameterMm: number;
  readonly seed: number;
  /** Number of the sample in the series of its seed. */
  readonly index: number;
  /** What a conditional model was asked for; null for any other, and where it is not recorded. */
  readonly conditions: Conditions | null;
  /** Of the sample's float32 voxels. */
  readonly sampleSha256: string;
  /** size³ values in [0, 1], x fastest. */
  voxels(): Promise<Float32Array>;
}

export interface NamedModel {
  readonly name: string;
  readonly sha256: string;
}

/** The generator with these weights; undefined where it is not at hand. */
export type OpenModel = (model: NamedModel) => Promise<Pick<BalanceModel, 'draw'> | undefined>;

export interface SetItems {
  readonly model: NamedModel;
  /**
   * Whether a set's nodules are drawn again from their model. As they lie in the set they are on its constant ground and,
   * where it is of cut-outs, have their flat ends: right for training, not for a CT.
   */
  readonly drawnAnew: boolean;
  readonly items: readonly SetItem[];
  close(): Promise<void>;
}

/** Diameters that samples are given, mm: only samples of conditional models have a size of their own. */
export interface DiameterRange {
  readonly from: number;
  readonly to: number;
}

export const SAMPLES_FILE = 'samples.json';

const samplesSchema = z.looseObject({
  model: z.string(),
  modelSha256: z.string().regex(/^[0-9a-f]{64}$/),
  samples: z
    .array(
      z.looseObject({
        file: z.string().regex(/^[\w.-]+$/, 'a file name without a folder'),
        seed: z.number().int(),
        index: z.number().int().nonnegative(),
        conditions: conditionsSchema.nullable().default(null),
      }),
    )
    .min(1),
});

/**
 * Opens the folder, whichever of the two it is.
 *
 * @param openModel draws the nodules of a set again; without it they are taken as they lie there
 * @param diameters for samples: each gets one of its own by the seed; without it the one that its model was asked for. A
 *   set knows the size of its nodules
 */
export async function openSetItems(
  dir: string,
  diameters: DiameterRange | undefined,
  seed: number,
  openModel?: OpenModel,
): Promise<SetItems> {
  if (await isThere(join(dir, MANIFEST_FILE))) {
    if (diameters !== undefined)
      throw new NoduleLabError(
        'invalid-input',
        `${dir} is a set, whose nodules have their sizes already: leave the diameter out.`,
      );
    return fromSet(dir, openModel);
  }
  if (await isThere(join(dir, SAMPLES_FILE))) return fromSamples(dir, diameters, seed);
  throw new NoduleLabError(
    'not-found',
    `${dir} is neither a set of patches (${MANIFEST_FILE}) nor a folder of samples (${SAMPLES_FILE}): make one with nodulelab balance or nodulelab sample.`,
    { dir },
  );
}

async function fromSet(dir: string, openModel: OpenModel | undefined): Promise<SetItems> {
  const set = await openPatchFile(dir);
  const { form, patches } = set.manifest;
  const synthetic = patches.flatMap((patch, at) => (patch.origin === 'synthetic' ? [{ patch, at }] : []));
  const models = new Map(synthetic.map(({ patch }) => [patch.model.sha256, patch.model] as const));
  const [model] = models.values();
  const why =
    form === 'context'
      ? 'holds nodules in their surroundings, which cannot be inserted'
      : model === undefined
        ? 'holds no synthetic nodule'
        : models.size > 1
          ? `holds nodules of ${models.size} models, and a series is marked with one`
          : undefined;
  try {
    if (why !== undefined || model === undefined)
      throw new NoduleLabError('unusable', `${dir} ${why}: give a set that nodulelab balance wrote.`, {
        dir,
      });
    const generator = await openModel?.(model);
    // Before anything is written: a model that draws other voxels here would fail in the middle.
    if (generator !== undefined) await drawnAgain(generator, synthetic[0]!.patch);
    const items = synthetic.map(({ patch, at }): SetItem => ({
      id: patch.id,
      diameterMm: patch.equivalentDiameterMm,
      seed: patch.seed,
      index: patch.index,
      conditions: conditionsSchema.safeParse(patch.conditions).data ?? null,
      sampleSha256: patch.sampleSha256,
      voxels: () => (generator === undefined ? readPatch(set, at) : drawnAgain(generator, patch)),
    }));
    return { model, items, drawnAnew: generator !== undefined, close: () => set.close() };
  } catch (error) {
    await set.close();
    throw error;
  }
}

async function drawnAgain(
  generator: Pick<BalanceModel, 'draw'>,
  { id, model, seed, index, conditions, sampleSha256 }: SyntheticPatch,
): Promise<Float32Array> {
  const { hu: voxels } = await generator.draw(seed, index, conditions);
  if (sha256Of(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength)) === sampleSha256)
    return voxels;
  throw new NoduleLabError(
    'unusable',
    `${model.name} draws other voxels for ${id} here than where the set was balanced (another engine, or another version of it): ` +
      'take the nodules as they lie in the set (--as-stored), or balance it again.',
    { id },
  );
}

async function fromSamples(
  dir: string,
  diameters: DiameterRange | undefined,
  seed: number,
): Promise<SetItems> {
  const path = join(dir, SAMPLES_FILE);
  const parsed = samplesSchema.safeParse(
    await readFile(path, 'utf8').then(
      (text): unknown => JSON.parse(text),
      () => undefined,
    ),
  );
  if (!parsed.success)
    throw new NoduleLabError(
      'invalid-input',
      `${path} does not list samples with model, seed and index: make it with nodulelab sample.`,
      { path },
    );
  const { model, modelSha256, samples } = parsed.data;
  const items: SetItem[] = [];
  for (const { file, seed: sampleSeed, index, conditions } of samples) {
    const diameterMm = diameterOf(diameters, conditions, Random.of('diameter', seed, sampleSeed, index));
    if (diameterMm === undefined)
      throw new NoduleLabError(
        'invalid-input',
        `${dir} holds samples that have no size of their own: give their diameters (--diameter 6, or --diameter 5-20).`,
      );
    const voxels = await readSample(join(dir, file));
    items.push({
      id: file,
      diameterMm: Math.round(diameterMm * 1000) / 1000,
      seed: sampleSeed,
      index,
      conditions,
      sampleSha256: sha256Of(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength)),
      voxels: () => readSample(join(dir, file)),
    });
  }
  return {
    model: { name: model, sha256: modelSha256 },
    items,
    drawnAnew: false,
    close: async () => undefined,
  };
}

const diameterOf = (
  wanted: DiameterRange | undefined,
  conditions: Conditions | null,
  random: Random,
): number | undefined =>
  wanted === undefined ? conditions?.diameter : wanted.from + (wanted.to - wanted.from) * random.uniform();

/** A cube as `.npy`, or raw little-endian float32. */
async function readSample(path: string): Promise<Float32Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `The sample ${path} cannot be read: it is missing.`,
      { path },
      cause,
    );
  });
  const voxels = path.endsWith('.npy')
    ? parseNpy(bytes, path).data
    : new Float32Array(Uint8Array.prototype.slice.call(bytes, 0, bytes.length - (bytes.length % 4)).buffer);
  const edge = Math.round(Math.cbrt(voxels.length));
  if (edge < 8 || edge ** 3 !== voxels.length || !voxels.every((value) => value >= 0 && value <= 1))
    throw new NoduleLabError(
      'invalid-input',
      `${path} is no sample: it should hold a cube of values in [0, 1]. Make it with nodulelab sample.`,
      { path },
    );
  return voxels;
}

const isThere = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => true,
    () => false,
  );
