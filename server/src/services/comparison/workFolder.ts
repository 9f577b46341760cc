/**
 * What a comparison has made so far: `OUT/work`, one folder a host, one pair of files a place. A process that is killed
 * loses at most the place that it was at; the same command goes on from there.
 */
/// <reference lib="esnext.float16" />
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { bytesPerVoxel, encodePatch } from '../../dataset/patchFile.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { hasContent } from '../insertSet/folders.ts';
import { KINDS, type Kind } from './arms.ts';
import { placeSchema } from './places.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const pixels = z.string().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const score = z.number().nullable();

const pictureSchema = z.object({ mm: z.number().positive(), axial: pixels, coronal: pixels });

export const lesionSchema = z.object({
  /** As insertion measures it; of cut-and-mix the volume of the donor's outline. */
  measuredMm: z.number(),
  checks: z.array(
    z.object({
      name: z.string(),
      value: z.number().nullable(),
      unit: z.string(),
      verdict: z.enum(['good', 'fair', 'bad', 'unknown']),
    }),
  ),
  /** Probability of a nodule; null without a detector. */
  detector: score,
  /** False where nothing stands out from the lung, so that there is no patch of it alone. */
  shown: z.boolean(),
});

const placeRecordSchema = z.object({
  /** Number of the generator's sample, and how many before it showed no nodule. */
  sample: z.object({ index: z.number().int().nonnegative(), empty: z.number().int().nonnegative() }),
  /** The detector at the same place of the untouched host. */
  plainLung: score,
  lesions: z.record(z.enum(KINDS), lesionSchema),
  pictures: z.record(z.enum(['host', ...KINDS]), pictureSchema),
  /** Of the file with the patches. */
  patchesSha256: sha256,
});
export type PlaceRecord = z.infer<typeof placeRecordSchema>;

const hostRecordSchema = z.object({
  places: z.array(placeSchema),
  /** How many nodules of its own the host is known to have; null where nobody marked any. */
  ownNodules: z.number().int().nonnegative().nullable(),
  /** The detector at each of them. */
  ownScores: z.array(z.number()),
});
export type HostRecord = z.infer<typeof hostRecordSchema>;

const stateSchema = z.object({
  kind: z.literal('nodulelab-compare'),
  version: z.literal(1),
  /** Of all that decides the result. */
  inputsSha256: sha256,
});

/** The two cuts of every lesion, in this order for each kind. */
export const CUTS = ['isolated', 'context'] as const;
export type Cut = (typeof CUTS)[number];

export interface WorkFolder {
  readonly dir: string;
  host(number: number): Promise<HostRecord | undefined>;
  writeHost(number: number, record: HostRecord): Promise<void>;
  /** Undefined where it has not been made, or is damaged. */
  place(host: number, place: number): Promise<PlaceRecord | undefined>;
  /** @param patches of each kind both cuts; null where there is none */
  writePlace(
    host: number,
    place: number,
    record: Omit<z.input<typeof placeRecordSchema>, 'patchesSha256'>,
    patches: Readonly<Record<Kind, Readonly<Record<Cut, Float32Array | null>>>>,
  ): Promise<void>;
  patch(host: number, place: number, kind: Kind, cut: Cut, size: number): Promise<Float32Array>;
}

/** @throws NoduleLabError `conflict` where the folder holds something else, or a comparison of other things */
export async function openWorkFolder(outDir: string, inputsSha256: string): Promise<WorkFolder> {
  const dir = join(outDir, 'work');
  const statePath = join(dir, 'state.json');
  const text = await readFile(statePath, 'utf8').catch(() => undefined);
  if (text === undefined) {
    if (await hasContent(outDir))
      throw new NoduleLabError(
        'conflict',
        `${outDir} is not empty: give a new folder, nothing is overwritten.`,
        {
          outDir,
        },
      );
    await mkdir(dir, { recursive: true });
    await writeJsonAtomically(statePath, { kind: 'nodulelab-compare', version: 1, inputsSha256 });
  } else {
    const state = stateSchema.safeParse(parsedJson(text));
    if (!state.success || state.data.inputsSha256 !== inputsSha256)
      throw new NoduleLabError(
        'conflict',
        `${outDir} belongs to a comparison of other hosts, sets or options, or of another version: repeat that command to go on, or give a new folder.`,
        { outDir },
      );
  }
  const hostDir = (host: number): string => join(dir, `host-${pad(host)}`);
  const stem = (host: number, place: number): string => join(hostDir(host), `place-${pad(place)}`);
  const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const found = await readFile(path, 'utf8').catch(() => undefined);
    if (found === undefined) return undefined;
    const parsed = schema.safeParse(parsedJson(found));
    return parsed.success ? parsed.data : undefined;
  };
  return {
    dir,
    host: (number) => read(join(hostDir(number), 'host.json'), hostRecordSchema),
    async writeHost(number, record) {
      await mkdir(hostDir(number), { recursive: true });
      await writeJsonAtomically(join(hostDir(number), 'host.json'), record);
    },
    async place(host, place) {
      const record = await read(`${stem(host, place)}.json`, placeRecordSchema);
      if (record === undefined) return undefined;
      const bytes = await readFile(`${stem(host, place)}.f16`).catch(() => undefined);
      const whole =
        bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === record.patchesSha256;
      return whole ? record : undefined;
    },
    async writePlace(host, place, record, patches) {
      const pieces = KINDS.flatMap((kind) =>
        CUTS.map((cut) => {
          const values = patches[kind][cut] ?? new Float32Array(patches[kind].context?.length ?? 0);
          return encodePatch(values, 'f16');
        }),
      );
      const { sha256: patchesSha256 } = await writeAtomically(`${stem(host, place)}.f16`, pieces);
      // The record last: with it the place is done.
      await writeJsonAtomically(`${stem(host, place)}.json`, { ...record, patchesSha256 });
    },
    async patch(host, place, kind, cut, size) {
      const cubeBytes = size ** 3 * bytesPerVoxel('f16');
      const at = KINDS.indexOf(kind) * CUTS.length + CUTS.indexOf(cut);
      const bytes = await readFile(`${stem(host, place)}.f16`);
      const part = Uint8Array.prototype.slice.call(bytes, at * cubeBytes, (at + 1) * cubeBytes);
      return new Float32Array(new Float16Array(part.buffer));
    },
  };
}

/** Grey values as they are kept. */
export const pixelText = (values: Uint8Array): string => Buffer.from(values).toString('base64');

const pad = (number: number): string => String(number + 1).padStart(4, '0');

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
