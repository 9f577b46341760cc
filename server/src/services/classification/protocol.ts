/** The whole of an experiment with classifiers in one JSON file: what is compared, how often, and how it is trained. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { z } from 'zod';
import { augmentationSchema } from '../../dataset/augmentation/augmentation.ts';
import { DIAMETER, DIAMETER_TEXTURE } from '../../evaluation/classification/scores.ts';
import { classifierArchitectureSchema } from '../../networks/classifierArchitecture.ts';
import { classifierPlanSchema } from '../../networks/classifierTraining.ts';
import { NoduleLabError } from '../../volume/errors.ts';

/** Whose labels: the median of the readers' ratings, or the label that the table of cut-outs brings. */
export const RULES = ['median', 'table'] as const;
export type RuleName = (typeof RULES)[number];

/** Who is tested: only patients that the generator has not seen, or all (without arms that need a generator). */
export const DESIGNS = ['held-out', 'every-patient'] as const;
export type DesignName = (typeof DESIGNS)[number];

/** Where nodules come from that are added to real ones, or take their place. */
export const SOURCES = ['generator', 'ellipsoids', 'transplants'] as const;
export type LesionSource = (typeof SOURCES)[number];

const BASELINE_NAMES = [DIAMETER, DIAMETER_TEXTURE] as const;

const source = z.enum(SOURCES).default('generator');
/** Nodules added, in percent of the real malignant ones that are trained on. */
const percent = z.number().positive().max(200);
/** Of the real malignant nodules, how many are trained on: as if fewer had been collected. */
const keepMalignant = z.number().positive().max(1).default(1);
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/);

export const armSchema = z.discriminatedUnion('kind', [
  /** Real nodules, as often as they come; weighted in the loss or shown more often so that both classes count alike. */
  z.strictObject({
    name,
    kind: z.literal('real'),
    balance: z.enum(['none', 'weights', 'oversampling']).default('none'),
    keepMalignant,
  }),
  /** Real nodules, turned, scaled, deformed and with noise. */
  z.strictObject({ name, kind: z.literal('augmented'), augmentation: augmentationSchema }),
  /** Real nodules, a box of one replaced by that of another (Yun et al. 2019), in this share of the examples. */
  z.strictObject({ name, kind: z.literal('cutmix'), share: z.number().min(0).max(1) }),
  /** Real nodules and malignant ones from a source. */
  z.strictObject({ name, kind: z.literal('added'), source, percent }),
  /** Real nodules, the smaller class filled up from a source to 1:1. */
  z.strictObject({ name, kind: z.literal('balanced'), source, keepMalignant }),
  /** As many of each class as there are real ones, all from a source. */
  z.strictObject({ name, kind: z.literal('only'), source }),
  /** `added`, and as many benign ones from the source; all patches, those tested too, through one resampling. */
  z.strictObject({ name, kind: z.literal('fingerprint'), source, percent }),
  /** Labels dealt at random, and a bright spot drawn into those that got "malignant": it must be found. */
  z.strictObject({ name, kind: z.literal('planted') }),
  /** Labels dealt at random: nothing can be found. */
  z.strictObject({ name, kind: z.literal('shuffled') }),
]);
export type Arm = z.infer<typeof armSchema>;

/** What is not known here is refused: a misspelt option that has a default would be left out without a word. */
export const protocolSchema = z
  .strictObject({
    kind: z.literal('nodulelab-classification-protocol'),
    version: z.literal(1),
    name: z.string().min(1),
    rules: z.array(z.enum(RULES)).min(1),
    /** Each draws folds, weights and batches anew. */
    seeds: z.array(z.int().nonnegative()).min(1),
    folds: z.int().min(2).max(20),
    /** Of a training's patients, kept back for threshold and calibration. */
    validationShare: z.number().min(0.05).max(0.5),
    /** Bounds of the strata of diameters, mm. */
    strataMm: z.array(z.number().positive()),
    network: classifierArchitectureSchema,
    training: classifierPlanSchema,
    /** Orientations of a patch whose logits are averaged. */
    looks: z.int().min(1).max(48),
    /** Synthetic benign nodules that every training is asked about, to see whether it takes synthetic for malignant. */
    probes: z.int().min(0),
    /** Of the bootstrap. */
    draws: z.int().min(100),
    /** Pairs of arms of the held-out design that are compared with each other, the first against the second. */
    contrasts: z.array(z.tuple([name, name])).default([]),
    designs: z.partialRecord(z.enum(DESIGNS), z.array(armSchema).min(1)),
  })
  .superRefine(({ designs, rules, strataMm, seeds, contrasts }, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    if (Object.keys(designs).length === 0) refuse('designs: at least one of held-out, every-patient');
    for (const [design, arms] of Object.entries(designs)) {
      const names = arms.map((arm) => arm.name);
      if (new Set(names).size < names.length) refuse(`designs.${design}: two arms have one name`);
      const baseline = names.find((one) => (BASELINE_NAMES as readonly string[]).includes(one));
      if (baseline !== undefined)
        refuse(`designs.${design}: ${baseline} is the name of a baseline: give the arm another one`);
      if (!arms.some((arm) => arm.name === 'real' && isRealOnly(arm)))
        refuse(`designs.${design}: the arm {"name": "real", "kind": "real"} is what all are held against`);
      const needing = arms.find(needsGenerator);
      if (design === 'every-patient' && needing !== undefined)
        refuse(
          `designs.every-patient: ${needing.name} needs a generator, which has seen patients that are tested there`,
        );
    }
    const compared = (designs['held-out'] ?? []).map((arm) => arm.name);
    const unknown = contrasts.flat().find((one) => !compared.includes(one));
    if (unknown !== undefined) refuse(`contrasts: designs.held-out has no arm ${unknown}`);
    const same = contrasts.find(([arm, against]) => arm === against);
    if (same !== undefined) refuse(`contrasts: ${same[0]} is compared with itself`);
    if (strataMm.some((bound, i) => i > 0 && bound <= strataMm[i - 1]!)) refuse('strataMm: ascending bounds');
    if (new Set(seeds).size < seeds.length) refuse('seeds: each once');
    if (new Set(rules).size < rules.length) refuse('rules: each once');
  });
export type Protocol = z.infer<typeof protocolSchema>;

export const needsGenerator = (arm: Arm): boolean => 'source' in arm && arm.source === 'generator';
/** All real nodules as they come. */
export const isRealOnly = (arm: Arm): boolean =>
  arm.kind === 'real' && arm.balance === 'none' && arm.keepMalignant === 1;
export const isCheck = ({ kind }: Arm): boolean => kind === 'planted' || kind === 'shuffled';

export const protocolHash = (protocol: Protocol): string =>
  createHash('sha256').update(JSON.stringify(protocol)).digest('hex');

/** Those that come with NoduleLab. */
export const PROTOCOLS = ['quick', 'full'] as const;
const FOLDER = fileURLToPath(new URL('../../../protocols', import.meta.url));

/**
 * @param named `quick`, `full`, or the path of a file
 * @throws NoduleLabError `not-found` or `invalid-input`
 */
export async function readProtocol(named: string): Promise<Protocol> {
  const path = (PROTOCOLS as readonly string[]).includes(named)
    ? join(FOLDER, `classify-${named}.json`)
    : named;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `There is no protocol ${named}: name ${PROTOCOLS.join(' or ')}, or a JSON file like ${join(FOLDER, 'classify-full.json')}.`,
      { named },
      cause,
    );
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new NoduleLabError('invalid-input', `The protocol ${path} is not JSON.`, { path }, cause);
  }
  const parsed = protocolSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new NoduleLabError(
    'invalid-input',
    `The protocol ${path} cannot be run: ${issue?.path.length ? `${issue.path.join('.')}: ` : ''}${issue?.message ?? 'not a protocol'}.`,
    { path },
  );
}
