/**
 * The protocol of a reading: which cases, which of them are synthetic, in which order each reader sees them, and by which rule it will
 * be analysed. It is made once, from a seed, before the first answer, and carries a hash of itself: a study that was changed
 * afterwards is no study.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { balanceOf, type Balance, matchedPairs, NEGLIGIBLE, type PoolCase } from './matching.ts';
import { casesNeeded, type Plan, powerOf } from './power.ts';
import { REPEATS, scheduleOf, type Showing } from './schedule.ts';

const { ceil, floor, max } = Math;

/** Share of synthetic cases: drawn between these, so that no reader can count on half. */
export const SYNTHETIC_SHARE = { least: 0.4, most: 0.6 } as const;
const TRAINING_OF_EACH = 3;
const DRAWS = 200;

const poolCase = z.object({
  ...{ id: z.string(), patient: z.string(), kernel: z.string() },
  ...{
    diameterMm: z.number().positive(),
    texture: z.number().min(1).max(5),
    sliceThicknessMm: z.number().positive(),
  },
});
const studyCase = poolCase.extend({ code: z.string(), synthetic: z.boolean(), training: z.boolean() });
export type StudyCase = z.infer<typeof studyCase>;

const differences = z.object({ diameterMm: z.number(), texture: z.number(), sliceThicknessMm: z.number() });

const body = z.object({
  kind: z.literal('nodulelab-reading'),
  version: z.literal(1),
  title: z.string().min(1),
  seed: z.int(),
  /** Before the first answer; the analysis takes no other. */
  analysis: z.object({ margin: z.number(), alpha: z.number() }),
  plan: z.object({
    ...{ readers: z.int(), margin: z.number(), alpha: z.number(), power: z.number(), accuracy: z.number() },
    ...{ readerSd: z.number(), caseCorrelation: z.number() },
    /** Null where no number reaches the power. */
    casesNeeded: z.int().nullable(),
    /** With the cases that the study has. */
    reached: z.number(),
  }),
  repeatShare: z.number(),
  readers: z.array(z.string().min(1)).min(1),
  cases: z.array(studyCase),
  balance: z.object({ differences, worst: z.number(), kernels: z.number() }),
});
export const studySchema = body.extend({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
export type Study = z.infer<typeof studySchema>;

export interface StudyRequest {
  readonly title: string;
  readonly seed: number;
  readonly readers: readonly string[];
  readonly plan: Plan;
  /** Without it as many as the plan needs. */
  readonly cases?: number;
  readonly repeatShare: number;
  readonly real: readonly PoolCase[];
  readonly synthetic: readonly PoolCase[];
}

/** @throws where the pools are too small or cannot be matched: the error says how many cases are missing */
export function createStudy(request: StudyRequest): Study {
  const { title, seed, readers, plan, repeatShare } = request;
  const twice = readers.find((name, at) => readers.indexOf(name) !== at);
  if (twice !== undefined || readers.length !== plan.readers)
    throw new NoduleLabError(
      'invalid-input',
      twice === undefined
        ? `${readers.length} readers are named and the plan is for ${plan.readers}.`
        : `Reader ${twice} is named twice: give each a name of their own.`,
    );
  const needed = request.cases === undefined ? casesNeeded(plan) : neededOrNone(plan);
  const total = request.cases ?? needed!;
  const random = Random.of(seed, 'study');
  const least = ceil(SYNTHETIC_SHARE.least * total);
  const synthetic = least + random.integer(floor(SYNTHETIC_SHARE.most * total) - least + 1);
  const pairs = max(synthetic, total - synthetic) + TRAINING_OF_EACH;
  const matched = matchedPairs(request.real, request.synthetic, pairs);
  const { shown, training, balance } = drawn(matched.pairs, synthetic, total - synthetic, random);
  const codes = codesFor(shown.length + training.length, random);
  const named = [
    ...shown.map((one) => ({ ...one, training: false })),
    ...training.map((one) => ({ ...one, training: true })),
  ];
  // In the order of their codes: the list itself must not tell which are which.
  const cases = named
    .map((one, i) => ({ ...one, code: codes[i]! }))
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const study = body.parse({
    ...{ kind: 'nodulelab-reading', version: 1, title, seed, repeatShare, readers, cases, balance },
    analysis: { margin: plan.margin, alpha: plan.alpha },
    plan: { ...plan, casesNeeded: needed, reached: powerOf(plan, total) },
  });
  const made = { ...study, sha256: hashOf(study) };
  // Refuses what a schedule cannot be made of, before anything is written.
  orderOf(made, readers[0]!);
  return made;
}

/** A pilot may have fewer cases, or readers, than would show anything; its protocol says so. */
function neededOrNone(plan: Plan): number | null {
  try {
    return casesNeeded(plan);
  } catch (error) {
    if (error instanceof NoduleLabError && error.kind === 'unusable') return null;
    throw error;
  }
}

type Chosen = PoolCase & { readonly synthetic: boolean };

/** One of each pair at random, until those that are shown are balanced too. */
function drawn(
  pairs: ReturnType<typeof matchedPairs>['pairs'],
  synthetic: number,
  real: number,
  random: Random,
): { shown: Chosen[]; training: Chosen[]; balance: Balance } {
  for (let draw = 0; draw < DRAWS; draw++) {
    const order = [...random.permutation(pairs.length)].map((index) => pairs[index]!);
    const rest = order.slice(TRAINING_OF_EACH);
    const reals = rest.slice(0, real).map((pair) => pair.real);
    // From the other end: where fewer are shown of one class, the pairs that lose one are not always the same.
    const synthetics = rest.slice(rest.length - synthetic).map((pair) => pair.synthetic);
    const balance = balanceOf(reals, synthetics);
    if (balance.worst >= NEGLIGIBLE || balance.kernels >= NEGLIGIBLE) continue;
    const as = (cases: readonly PoolCase[], isSynthetic: boolean): Chosen[] =>
      cases.map((one) => ({ ...one, synthetic: isSynthetic }));
    const first = order.slice(0, TRAINING_OF_EACH);
    return {
      shown: [...as(reals, false), ...as(synthetics, true)],
      training: [
        ...as(
          first.map((pair) => pair.real),
          false,
        ),
        ...as(
          first.map((pair) => pair.synthetic),
          true,
        ),
      ],
      balance,
    };
  }
  throw new NoduleLabError(
    'unusable',
    `${real} real and ${synthetic} synthetic cases out of ${pairs.length} pairs could not be balanced in ${DRAWS} draws: add cases to both pools, or take another seed.`,
  );
}

/** Four signs without order or meaning; none twice. */
function codesFor(count: number, random: Random): string[] {
  const SIGNS = 'BCDFGHJKLMNPQRSTVWXZ';
  const codes = new Set<string>();
  while (codes.size < count)
    codes.add(Array.from({ length: 4 }, () => SIGNS[random.integer(SIGNS.length)]).join(''));
  return [...codes];
}

const hashOf = (study: z.infer<typeof body>): string =>
  createHash('sha256')
    .update(JSON.stringify(body.parse(study)))
    .digest('hex');

/** @throws where the file is no study, or was changed after it was made */
export function parseStudy(text: string, name: string): Study {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NoduleLabError(
      'invalid-input',
      `${name} is no JSON: give the study.json of nodulelab reading create.`,
      {},
      cause,
    );
  }
  const parsed = studySchema.safeParse(value);
  if (!parsed.success)
    throw new NoduleLabError('invalid-input', `${name} is no study: ${z.prettifyError(parsed.error)}`);
  const { sha256, ...rest } = parsed.data;
  if (hashOf(rest) !== sha256)
    throw new NoduleLabError(
      'refused',
      `${name} was changed after it was made: its hash no longer fits. A study whose protocol moves proves nothing; make a new one.`,
      { sha256 },
    );
  return parsed.data;
}

/** What a reader is shown, by code. */
export function orderOf(study: Study, reader: string): Showing[] {
  if (!study.readers.includes(reader))
    throw new NoduleLabError(
      'not-found',
      `The study has no reader ${reader}: it has ${study.readers.join(', ')}.`,
    );
  const codes = (training: boolean): string[] =>
    study.cases.filter((one) => one.training === training).map(({ code }) => code);
  return scheduleOf(
    { cases: codes(false), training: codes(true), repeatShare: study.repeatShare, seed: study.seed },
    reader,
  );
}

export const USUAL_REPEATS = (REPEATS.least + REPEATS.most) / 2;
