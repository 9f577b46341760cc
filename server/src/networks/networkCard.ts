/**
 * The card of a network that measures, `network.json`: what it learned from, how good it is and what its faults are.
 * Weights lie beside it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fieldOfViewSchema, softMarginSchema, splitSchema } from '../dataset/manifest.ts';
import { NoduleLabError } from '../volume/errors.ts';

export const NETWORK_CARD_FILE = 'network.json';
export const NETWORK_WEIGHTS_FILE = 'weights.safetensors';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

/** A figure of the card: what it is, on whom, with its interval and the best that could be had. */
export const cardFigureSchema = z.object({
  what: z.string(),
  value: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** For a characteristic: the same statistic between one reader and another. */
  ceiling: z.number().nullable(),
  n: count,
  note: z.string().optional(),
});

export const networkCardSchema = z.object({
  format: z.literal(1),
  kind: z.enum(['attributes', 'detector']),
  name: z.string().min(1),
  data: z.string().min(1),
  /** SHA-256 of the sets or files that it was trained on. */
  datasetSha256: z.array(sha256).min(1),
  split: splitSchema
    .pick({ seed: true, folds: true, testPatients: true })
    .extend({ fold: z.literal('train'), sha256 }),
  trainingPatients: count,
  fieldOfView: fieldOfViewSchema.nullable(),
  softMargins: z.array(softMarginSchema),
  codeVersion: z.string(),
  license: z.string(),
  weights: z.object({ file: z.literal(NETWORK_WEIGHTS_FILE), sha256, type: z.enum(['F32', 'F16']) }),
  /** What the weights are for; each kind of network reads its own. */
  architecture: z.record(z.string(), z.unknown()),
  training: z.object({ seed: z.number().int(), examples: count, updates: count, seconds: z.number() }),
  /** On held-out patients. */
  figures: z.array(cardFigureSchema),
  faults: z.array(z.string()),
});
export type NetworkCard = z.infer<typeof networkCardSchema>;
export type CardFigure = z.infer<typeof cardFigureSchema>;

/**
 * @param kind any where absent
 * @throws NoduleLabError `not-found` without a card, `invalid-input` for one that cannot be used
 */
export async function readNetworkCard(folder: string, kind?: NetworkCard['kind']): Promise<NetworkCard> {
  const path = join(folder, NETWORK_CARD_FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `There is no network in ${folder}: ${NETWORK_CARD_FILE} is missing.`,
      { folder },
      error,
    );
  });
  const card = await Promise.resolve(text)
    .then((json) => networkCardSchema.parse(JSON.parse(json)))
    .catch((error: unknown) => {
      throw new NoduleLabError(
        'invalid-input',
        `${path} is not the card of a network of this version: train the network again.`,
        { path },
        error,
      );
    });
  if (kind === undefined || card.kind === kind) return card;
  throw new NoduleLabError(
    'invalid-input',
    `${path} is the card of a network for ${card.kind}, and one for ${kind} is needed.`,
    { path },
  );
}
