import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { augmentationSchema, type Augmentation } from '../../dataset/augmentation/augmentation.ts';
import {
  onlyThese,
  seedAugmentationOf,
  TRANSFORMS,
  type Transform,
} from '../../dataset/augmentation/augmentPatch.ts';
import { augmentFiles } from '../../services/patchFiles/augmentFiles.ts';
import type { AugmentedPatch } from '../../services/patchFiles/manifests.ts';
import type { CommandContext } from '../context.ts';
import { integer, UsageError } from '../options.ts';
import { table } from '../output.ts';
import { VERSION } from '../runtime.ts';

interface AugmentOptions {
  readonly out: string;
  readonly rotation?: number;
  readonly scaling?: readonly [number, number];
  /** True where it is named without lengths, false for --no-elastic. */
  readonly elastic?: readonly [number, number] | boolean;
  readonly noise?: number;
  readonly flips: boolean;
  readonly only?: readonly Transform[];
  readonly count: number;
  readonly seed: number;
}

/** Rows of the table; all are in the manifest. */
const SHOWN = 20;

export function registerAugment(program: Command, context: () => CommandContext): void {
  program
    .command('augment')
    .argument('<input>', 'a patch as .npy (any cube, values in [0, 1], z slowest), or a folder of them')
    .description(
      'vary patches at random: rotation ±15°, scaling 0.9 to 1.1, elastic deformation and noise 0.01 unless told otherwise',
    )
    .requiredOption('--out <path>', 'new .npy file for one result, else a new folder')
    .option(
      '--rotation <degrees>',
      'about a random axis by up to this; 0 for none (default 15)',
      number(0, 180),
    )
    .option(
      '--scaling <from,to>',
      'magnification between these; 1,1 for none (default 0.9,1.1)',
      two('0.9,1.1'),
    )
    .option(
      '--elastic [grid,displacement]',
      'control points every so many voxels, moved by up to so many along each axis (default: a quarter of the edge, and 3/32 of it)',
      two('16,6'),
    )
    .option('--no-elastic', 'no elastic deformation')
    .option(
      '--noise <deviation>',
      'standard deviation of Gaussian noise; 0 for none (default 0.01)',
      number(0, 1),
    )
    .option('--flips', 'mirror along z, y and x at random', false)
    .option('--only <transforms>', `nothing but these: ${TRANSFORMS.join(', ')}`, transforms)
    .option('--count <number>', 'variations of each file', integer(1, 100_000), 1)
    .option('--seed <number>', 'the same seed gives the same bytes', integer(0, 2 ** 31 - 1), 1)
    .action(async (input: string, options: AugmentOptions) => run(context(), input, options));
}

async function run(
  { output, signal }: CommandContext,
  input: string,
  options: AugmentOptions,
): Promise<void> {
  const { count, seed } = options;
  const { manifestFile, manifest } = await augmentFiles(
    {
      ...{ input: resolve(input), out: resolve(options.out), count, seed, signal },
      augmentationOf: (size) => augmentationFrom(options, size),
      codeVersion: VERSION,
    },
    (fraction, message) => output.progress(fraction, message),
  );
  const { patches } = manifest;
  output.result(
    { manifestFile, ...manifest },
    [
      drawnTable(patches.slice(0, SHOWN)),
      ...(patches.length > SHOWN ? [`… and ${patches.length - SHOWN} more`] : []),
      `${patches.length} augmented patch${patches.length === 1 ? '' : 'es'} (seed ${seed}); what was drawn: ${manifestFile}`,
    ].join('\n'),
  );
}

/** An option that --only leaves out, or a transform that another option takes away, would be ignored without a word. */
function requireAgreement({ only, rotation, scaling, elastic, noise, flips }: AugmentOptions): void {
  if (only === undefined) return;
  const given: Readonly<Record<Transform, boolean>> = {
    rotation: rotation !== undefined,
    scaling: scaling !== undefined,
    elastic: typeof elastic === 'object',
    noise: noise !== undefined,
    flips,
  };
  const idle = TRANSFORMS.find((name) => given[name] && !only.includes(name));
  if (idle !== undefined)
    throw new UsageError(
      `--only ${only.join(',')} leaves --${idle} without effect: name it too, or leave it out`,
    );
  if (elastic === false && only.includes('elastic'))
    throw new UsageError('--only elastic and --no-elastic contradict each other: give one of them');
}

/** @throws UsageError where the options do not fit together */
function augmentationFrom(options: AugmentOptions, size: number): Augmentation {
  const seeds = seedAugmentationOf(size);
  const { only, elastic } = options;
  requireAgreement(options);
  const named: Augmentation = {
    // Flips alone are asked for by their name.
    symmetries: options.flips || only?.includes('flips') === true ? 'flips' : 'none',
    rotationDegrees: options.rotation ?? seeds.rotationDegrees,
    scaling: options.scaling === undefined ? seeds.scaling : [...options.scaling],
    elastic:
      typeof elastic === 'object'
        ? { gridVoxels: elastic[0], displacementVoxels: elastic[1] }
        : { ...seeds.elastic, ...(elastic === false ? { displacementVoxels: 0 } : {}) },
    noise: options.noise ?? seeds.noise,
  };
  const parsed = augmentationSchema.safeParse(onlyThese(named, only ?? TRANSFORMS));
  if (parsed.success) return parsed.data;
  throw new UsageError(
    parsed.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`).join('; '),
  );
}

function drawnTable(patches: readonly AugmentedPatch[]): string {
  return table(
    ['file', 'mirrored', 'degrees', 'scale', 'elastic', 'noise'],
    patches.map(({ file, drawn: { mirrored, degrees, scale, elastic, noise } }) => [
      file,
      mirrored.join('') || '–',
      degrees.toFixed(1),
      scale.toFixed(3),
      elastic === null ? '–' : `≤ ${elastic.greatestVoxels.toFixed(1)}`,
      noise === 0 ? '–' : String(noise),
    ]),
  );
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new InvalidArgumentError(`a number from ${least} to ${most}`);
    return value;
  };
}

function two(example: string): (text: string) => readonly [number, number] {
  return (text) => {
    const [first, second, ...rest] = text
      .split(',')
      .map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (first === undefined || second === undefined || rest.length > 0 || !(first > 0) || !(second >= 0))
      throw new InvalidArgumentError(`two numbers such as ${example}`);
    return [first, second];
  };
}

function transforms(text: string): readonly Transform[] {
  const names = text.split(',').map((name) => name.trim());
  const isTransform = (name: string): name is Transform => (TRANSFORMS as readonly string[]).includes(name);
  if (!names.every(isTransform))
    throw new InvalidArgumentError(`one or several of ${TRANSFORMS.join(', ')}, with commas between them`);
  return names;
}
