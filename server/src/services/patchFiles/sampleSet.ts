/**
 * A folder of samples: `nodule_0000.npy` … (with alpha `nodule_0000_alpha.npy` …) and `samples.json`, which says of every file where it comes from. A run that
 * was interrupted goes on where it stopped: what is recorded and whole is kept, the rest is sampled (again).
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { encodeNpy, parseNpy } from '../../formats/npy.ts';
import type { Sampler } from '../../gan/sampler.ts';
import type { WantedConditions } from '../../gan/support.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { WINDOW_HIGH_HU, WINDOW_LOW_HU } from '../../volume/window.ts';
import { meanHuOfNodule } from '../generation.ts';
import { thumbnailsOf } from '../thumbnails.ts';
import { alphaNameOf, SAMPLES_FILE, samplesSchema, type Sample, type Samples } from './manifests.ts';

export interface SampleSetRequest {
  readonly outDir: string;
  readonly modelName: string;
  readonly sampler: Pick<Sampler, 'size' | 'modelSha256' | 'makesAlpha' | 'draw'>;
  readonly engine: string;
  readonly seed: number;
  readonly count: number;
  /** What a conditional model is asked for; what is not named is drawn from its training nodules. */
  readonly wanted: WantedConditions;
  /** Alpha in a file of its own beside each sample. */
  readonly alpha: boolean;
  /** A PNG of the middle axial slice beside each file. */
  readonly pictures: boolean;
  readonly codeVersion: string;
  /** Milliseconds, for how often the record is written. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface SampleSet {
  readonly manifest: Samples;
  /** Samples that were there already. */
  readonly kept: number;
}

/** After a crash at most this much work is done again. */
const RECORD_EVERY_MS = 2_000;
const DIGITS = 4;

export const sampleName = (index: number): string => `nodule_${String(index).padStart(DIGITS, '0')}.npy`;

/**
 * Samples number 0 to `count` − 1 of a seed. Samples beyond `count` that are there already stay.
 * @throws NoduleLabError `conflict` where the folder holds samples of something else, or files of these names that are
 *   not recorded; `cancelled`
 */
export async function sampleSet(
  request: SampleSetRequest,
  progress: (fraction: number, message: string) => void,
): Promise<SampleSet> {
  const { outDir, sampler, seed, count, alpha, pictures, signal, now } = request;
  if (alpha && !sampler.makesAlpha)
    throw new NoduleLabError(
      'invalid-input',
      `${request.modelName} makes no alpha: leave --alpha out, or choose a model that makes it.`,
    );
  await mkdir(outDir, { recursive: true });
  const head = headOf(request);
  const samples = await recordedSamples(request, head);
  const whole = new Set<number>();
  for (const [index, sample] of samples) {
    if (await isWhole(outDir, sample, alpha)) whole.add(index);
    else samples.delete(index);
    if (pictures && whole.has(index) && index < count) await addPicture(outDir, sample.file, sampler.size);
  }
  const kept = Array.from({ length: count }, (_, index) => index).filter((index) => whole.has(index)).length;

  const record = async (): Promise<Samples> => {
    const manifest = { ...head, samples: [...samples.values()].toSorted((a, b) => a.index - b.index) };
    await writeJsonAtomically(join(outDir, SAMPLES_FILE), manifest);
    return manifest;
  };
  // Before the first file: none of them is ever there without saying what it is.
  let manifest = await record();
  let recordedAt = now();
  let done = kept;
  for (let index = 0; index < count; index++) {
    if (whole.has(index)) continue;
    if (signal.aborted) {
      await record();
      throw new NoduleLabError(
        'cancelled',
        `Stopped after ${done} of ${count} samples: the same command goes on from there.`,
      );
    }
    samples.set(index, await writeSample(request, seed, index));
    done += 1;
    if (now() - recordedAt >= RECORD_EVERY_MS) {
      await record();
      recordedAt = now();
    }
    progress(done / count, `${done} of ${count}`);
  }
  if (done > kept) manifest = await record();
  return { manifest, kept };
}

type Head = Omit<Samples, 'samples'>;

const headOf = ({ modelName, sampler, engine, seed, wanted, codeVersion }: SampleSetRequest): Head => ({
  kind: 'nodulelab-samples',
  version: 1,
  synthetic: true,
  model: modelName,
  modelSha256: sampler.modelSha256,
  engine,
  seed,
  size: sampler.size,
  windowHu: [WINDOW_LOW_HU, WINDOW_HIGH_HU],
  codeVersion,
  wanted,
});

/** What the folder holds already, by index. */
async function recordedSamples({ outDir }: SampleSetRequest, head: Head): Promise<Map<number, Sample>> {
  const path = join(outDir, SAMPLES_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const taken = (await readdir(outDir)).filter((name) => /^nodule_\d+(_alpha)?\.(npy|png)$/.test(name));
    if (taken.length > 0)
      throw conflict(outDir, `it holds ${taken[0]} without a ${SAMPLES_FILE} that says what it is`);
    return new Map();
  }
  let samples: Samples;
  try {
    samples = samplesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw conflict(outDir, `its ${SAMPLES_FILE} is not one that this version writes`, cause);
  }
  const names = {
    modelSha256: 'model (SHA-256)',
    ...{ seed: 'seed', engine: 'engine', size: 'size' },
  } as const;
  for (const [key, name] of Object.entries(names) as [keyof typeof names, string][])
    if (samples[key] !== head[key])
      throw conflict(outDir, `it holds samples of ${name} ${samples[key]}, and ${head[key]} was asked for`);
  if (!isDeepStrictEqual(samples.wanted, { ...head.wanted }))
    throw conflict(
      outDir,
      `it holds samples of ${wishText(samples.wanted)}, and ${wishText(head.wanted)} was asked for`,
    );
  return new Map(samples.samples.map((sample) => [sample.index, sample]));
}

const wishText = (wanted: WantedConditions): string =>
  Object.entries(wanted)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'no conditions';

const conflict = (outDir: string, why: string, cause?: unknown): NoduleLabError =>
  new NoduleLabError(
    'conflict',
    `${outDir} cannot take these samples: ${why}. Give another folder; nothing is overwritten.`,
    { outDir },
    cause,
  );

async function isWhole(
  outDir: string,
  { file, sha256, alpha }: Sample,
  withAlpha: boolean,
): Promise<boolean> {
  const isThere = async (name: string, hash: string): Promise<boolean> => {
    const bytes = await readFile(join(outDir, name)).catch(() => undefined);
    return bytes !== undefined && sha256Of(bytes) === hash;
  };
  if (!(await isThere(file, sha256))) return false;
  return !withAlpha || (alpha !== undefined && (await isThere(alpha.file, alpha.sha256)));
}

async function writeSample(
  { outDir, sampler, wanted, alpha: withAlpha, pictures }: SampleSetRequest,
  seed: number,
  index: number,
): Promise<Sample> {
  const { hu: voxels, alpha, conditions = null } = await sampler.draw(seed, index, wanted);
  const write = async (file: string, values: Float32Array): Promise<{ file: string; sha256: string }> => {
    const bytes = encodeNpy(values, Array(3).fill(sampler.size));
    const { sha256 } = await writeAtomically(join(outDir, file), [bytes]);
    return { file, sha256 };
  };
  const { file, sha256 } = await write(sampleName(index), voxels);
  const besides = withAlpha && alpha !== undefined ? { alpha: await write(alphaNameOf(file), alpha) } : {};
  if (pictures) await writePicture(outDir, file, voxels, sampler.size);
  const sampleSha256 = sha256Of(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength));
  return {
    ...{ file, seed, index, sha256, sampleSha256, meanHu: meanHuOfNodule(voxels), conditions },
    ...besides,
  };
}

const pictureName = (file: string): string => file.replace(/\.npy$/, '.png');

async function addPicture(outDir: string, file: string, size: number): Promise<void> {
  if ((await stat(join(outDir, pictureName(file))).catch(() => undefined)) !== undefined) return;
  const { data } = parseNpy(await readFile(join(outDir, file)), file);
  await writePicture(outDir, file, data, size);
}

async function writePicture(outDir: string, file: string, voxels: Float32Array, size: number): Promise<void> {
  const { axial } = thumbnailsOf(voxels, size);
  await writeFile(
    join(outDir, pictureName(file)),
    Buffer.from(axial.slice(axial.indexOf(',') + 1), 'base64'),
  );
}
