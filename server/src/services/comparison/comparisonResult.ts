/** What a comparison found, `comparison.json`: the same measures for every kind of lesion, side by side. */
import { z } from 'zod';
import { estimateSchema, figureSchema } from '../../evaluation/result.ts';
import { ARMS, KINDS } from './arms.ts';
import { placeSchema } from './places.ts';
import { lesionSchema } from './workFolder.ts';

export const COMPARISON_FILE = 'comparison.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

/** Median and quartiles; null where nothing could be measured. */
const spreadSchema = z.object({ median: z.number(), low: z.number(), high: z.number(), n: count }).nullable();
export type Spread = z.infer<typeof spreadSchema>;

const armSchema = z.object({
  arm: z.enum(ARMS),
  title: z.string(),
  /** How it is made. */
  made: z.string(),
  /** Lesions that stand out from the lung so that they can be cut out alone. */
  shown: count,
  checks: z.array(
    z.object({
      name: z.string(),
      unit: z.string(),
      values: spreadSchema,
      /** How many of the verdicts were each. */
      verdicts: z.object({ good: count, fair: count, bad: count, unknown: count }),
    }),
  ),
  /** Lesions with no bad check. */
  passed: count,
  detector: z.object({ values: spreadSchema, mean: estimateSchema, found: count, n: count }).nullable(),
  /** Held against the reference; keys as in evaluation.json, with `spotting/isolated` and `spotting/context`. */
  figures: z.array(figureSchema),
});
export type ArmResult = z.infer<typeof armSchema>;

export const comparisonSchema = z.object({
  kind: z.literal('nodulelab-comparison'),
  version: z.literal(1),
  codeVersion: z.string(),
  /** ISO 8601. */
  finishedAt: z.string(),
  seed: z.number().int(),
  draws: count,
  placesPerHost: count,
  hosts: z.array(z.object({ name: z.string(), places: count, ownNodules: count.nullable() })),
  model: z.object({ name: z.string(), sha256 }),
  real: z.object({
    sha256,
    count,
    /** Different nodules that were inserted. */
    transplanted: count,
    reference: count,
    /** Nodules of host patients, which are never used. */
    ofHosts: count,
    /** Nodules whose patch shows none. */
    empty: count,
  }),
  /** Where the boxes of cut-and-mix come from. */
  boxesFrom: z.enum(['cut-outs', 'isolated patches']),
  detector: z
    .object({
      name: z.string(),
      sha256,
      /** At the hosts' own nodules. */
      ownNodules: spreadSchema,
      /** At the places before anything was inserted. */
      plainLung: spreadSchema,
    })
    .nullable(),
  /** What the figures are held against, and why. */
  reference: z.string(),
  arms: z.array(armSchema),
  places: z.array(
    z.object({
      host: count,
      place: placeSchema,
      transplanted: z.string(),
      reference: z.string(),
      plainLung: z.number().nullable(),
      sample: z.object({ index: count, empty: count }),
      lesions: z.record(z.enum(KINDS), lesionSchema),
    }),
  ),
  /** What the table shows, in words; a measure by which an arm beats real nodules is named. */
  findings: z.array(z.string()),
  warnings: z.array(z.string()),
  seconds: z.record(z.string(), z.number()),
});
export type Comparison = z.infer<typeof comparisonSchema>;
