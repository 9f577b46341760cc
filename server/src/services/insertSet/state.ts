/**
 * How far the insertion of a set has come: `state.json` in its folder, written whole after every nodule, so that a
 * process that is killed loses at most the nodule that it was at.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { hasContent } from './folders.ts';

export const STATE_FILE = 'state.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();
const seconds = z.number().nonnegative();

/** Why a nodule was not inserted, for people. */
export const REFUSALS = {
  host: 'its scan could not be used',
  'hosts-full': 'every scan has as many nodules as it may get',
  'no-place': 'no place in the lung takes its diameter',
  overlap: 'it would touch a nodule inserted before',
  'no-nodule': 'the sample shows no nodule',
  quality: 'a quality check was bad at every place that was tried',
} as const;
export type RefusalReason = keyof typeof REFUSALS;

const checkSchema = z.object({
  name: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  verdict: z.enum(['good', 'fair', 'bad', 'unknown']),
});

const outcomeSchema = z.discriminatedUnion('placed', [
  z.object({
    item: z.string(),
    placed: z.literal(true),
    /** Number of the host. */
    host: count,
    /** LPS mm. */
    centre: z.tuple([z.number(), z.number(), z.number()]),
    diameterMm: z.number().positive(),
    checks: z.array(checkSchema),
    attempts: count,
    seconds,
  }),
  z.object({
    item: z.string(),
    placed: z.literal(false),
    host: count.nullable(),
    reason: z.enum(Object.keys(REFUSALS) as [RefusalReason, ...RefusalReason[]]),
    message: z.string(),
    attempts: count,
    seconds,
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;
export type PlacedOutcome = Extract<Outcome, { placed: true }>;

const seriesSchema = z.object({
  host: count,
  /** Folder of the derived series below the output folder. */
  folder: z.string(),
  seriesInstanceUID: z.string(),
  slices: count,
  /** Voxels whose stored value differs from the host's; all others were verified to be equal. */
  changedVoxels: count,
  seconds,
});
export type WrittenSeries = z.infer<typeof seriesSchema>;

const stateSchema = z.object({
  kind: z.literal('nodulelab-insert-set'),
  version: z.literal(1),
  /** Of all that decides the result: only the same insertion goes on in this folder. */
  inputsSha256: sha256,
  /** Date and time of every series, whenever it is written. */
  startedAt: z.iso.datetime(),
  outcomes: z.array(outcomeSchema),
  series: z.array(seriesSchema),
});
export type InsertSetState = z.infer<typeof stateSchema>;

export const writeState = (outDir: string, state: InsertSetState): Promise<void> =>
  writeJsonAtomically(join(outDir, STATE_FILE), state);

/**
 * What an earlier run left in the folder; undefined where there is none.
 *
 * @throws NoduleLabError `conflict` where the folder holds something else, or an insertion of other things
 */
export async function readState(outDir: string, inputsSha256: string): Promise<InsertSetState | undefined> {
  const path = join(outDir, STATE_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    if (!(await hasContent(outDir))) return undefined;
    throw new NoduleLabError(
      'conflict',
      `${outDir} is not empty: give a new folder, nothing is overwritten.`,
      {
        outDir,
      },
    );
  }
  const parsed = stateSchema.safeParse(parsedJson(text));
  if (!parsed.success)
    throw new NoduleLabError(
      'invalid-input',
      `${path} is damaged or of another version: give a new folder.`,
      {
        path,
      },
    );
  if (parsed.data.inputsSha256 !== inputsSha256)
    throw new NoduleLabError(
      'conflict',
      `${outDir} belongs to an insertion of another set, hosts or options, or of another version: repeat that command to go on, or give a new folder.`,
      { outDir },
    );
  return parsed.data;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
