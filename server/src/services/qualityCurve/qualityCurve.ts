/**
 * The use case behind `nodulelab curve`: every kept checkpoint of a training is sampled and evaluated, so that one sees
 * what more updates buy. Points are kept as they are made; the same command goes on, and takes in checkpoints that came
 * since. A checkpoint that the training has removed meanwhile keeps its point.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { openPatchFile } from '../../dataset/patchFile.ts';
import { curveSvg } from '../../evaluation/curve/curveSvg.ts';
import { panelsOf } from '../../evaluation/curve/panels.ts';
import {
  CURVE_CSV,
  CURVE_JSON,
  CURVE_SVG,
  curveCsv,
  curveSettingsSchema,
  measureOfFigure,
  measureSchema,
  qualityCurveSchema,
  qualityPointSchema,
  type CurveSettings,
  type QualityCurve,
  type QualityPoint,
} from '../../evaluation/curve/qualityCurve.ts';
import { setSummarySchema } from '../../evaluation/result.ts';
import { loadState } from '../../gan/trainingState.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { listCheckpoints, stemOf, type CheckpointInfo } from '../../nn/checkpoint.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { SpottingProofs } from '../evaluation/measures/spotting.ts';
import { measureCheckpoint, type CheckpointSetup } from './measureCheckpoint.ts';

export interface CurveRequest extends Omit<CheckpointSetup, 'samples'> {
  /** Folder that the training writes to; it may go on meanwhile. */
  readonly checkpointsDir: string;
  /** Samples of each checkpoint; as many as the real set holds where absent. */
  readonly samples?: number | undefined;
  /** Checkpoints at most, spread evenly, the first and the newest among them. */
  readonly most: number;
  /** The time of day. */
  readonly date: () => Date;
}

export interface DrawnCurve {
  readonly curve: QualityCurve;
  /** Points that were measured before. */
  readonly kept: number;
  /** Checkpoints that the training removed before their turn came. */
  readonly gone: readonly string[];
}

const POINTS = 'points';
const SETTINGS_FILE = 'settings.json';

/** What is told of the sets and the figures is the same at all points, and kept with each. */
const keptPointSchema = z.object({
  point: qualityPointSchema,
  measures: z.array(measureSchema),
  real: setSummarySchema,
  training: setSummarySchema,
});
type KeptPoint = z.infer<typeof keptPointSchema>;

/**
 * @throws NoduleLabError `not-found` without checkpoints; `conflict` where the folder holds a curve of something else; as
 *   sampling and evaluation do; `cancelled`: the same call goes on from there
 */
export async function drawQualityCurve(request: CurveRequest): Promise<DrawnCurve> {
  const { checkpointsDir, setup, onProgress, most } = request;
  const { outDir } = setup;
  const all = await listCheckpoints(checkpointsDir);
  if (all.length === 0)
    throw new NoduleLabError(
      'not-found',
      `There is no checkpoint in ${checkpointsDir}: train first, or name the folder that nodulelab train wrote to.`,
      { checkpointsDir },
    );
  const settings = await settingsOf(request, all.at(-1)!);
  await requireSameCurve(outDir, settings);
  const points = await keptPoints(outDir);
  const kept = points.size;
  const chosen = spread(all, most).filter((checkpoint) => !points.has(stemOf(checkpoint)));
  const gone: string[] = [];
  const proofs: SpottingProofs = new Map();
  for (const [number, checkpoint] of chosen.entries()) {
    const stem = stemOf(checkpoint);
    if (setup.signal?.aborted === true)
      throw new NoduleLabError(
        'cancelled',
        `Stopped after ${points.size} points: the same command goes on from there.`,
      );
    try {
      const { figures, ...measured } = await measureCheckpoint(checkpoint, {
        ...{ ...request, samples: settings.samples, setup: { ...setup, proofs } },
        onProgress: (share, message) =>
          onProgress(
            (number + share) / chosen.length,
            `checkpoint ${number + 1} of ${chosen.length}, ${message}`,
          ),
      });
      const point: KeptPoint = { ...measured, measures: figures.map(measureOfFigure) };
      await writeJsonAtomically(join(outDir, POINTS, `${stem}.json`), point);
      points.set(stem, point);
    } catch (error) {
      // A training that goes on removes old checkpoints.
      if (existsSync(join(checkpointsDir, checkpoint.file))) throw error;
      gone.push(stem);
    }
    if (points.size > 0) await write(request, settings, [...points.values()]);
  }
  const curve = await write(request, settings, [...points.values()]);
  return { curve, kept, gone };
}

async function settingsOf(
  { realDir, trainingDir, samples, setup }: CurveRequest,
  newest: CheckpointInfo,
): Promise<CurveSettings> {
  const { config } = await loadState(newest);
  const real = await hashAndCount(realDir);
  const training = await hashAndCount(trainingDir);
  const { seed, draws, spotting = true, hosts = [] } = setup;
  return {
    ...{ preset: config.preset.name, trainingSeed: config.seed },
    ...{ realSha256: real.sha256, trainingSha256: training.sha256 },
    samples: samples ?? real.count,
    ...{ seed, draws, spotting, hosts: hosts.map(({ name }) => name) },
  };
}

async function hashAndCount(dir: string): Promise<{ readonly sha256: string; readonly count: number }> {
  const { sha256, count, close } = await openPatchFile(dir);
  await close();
  return { sha256, count };
}

async function requireSameCurve(outDir: string, settings: CurveSettings): Promise<void> {
  await mkdir(join(outDir, POINTS), { recursive: true });
  const path = join(outDir, SETTINGS_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return writeJsonAtomically(path, settings);
  const parsed = curveSettingsSchema.safeParse(jsonOf(text));
  const before = parsed.success ? parsed.data : undefined;
  const [different] = (Object.keys(settings) as (keyof CurveSettings)[]).filter(
    (key) => JSON.stringify(before?.[key]) !== JSON.stringify(settings[key]),
  );
  if (different !== undefined)
    throw new NoduleLabError(
      'conflict',
      `${outDir} holds a curve that was made otherwise: its ${different} is ${JSON.stringify(before?.[different])}, and ${JSON.stringify(settings[different])} was asked for. Give another folder.`,
      { outDir },
    );
}

/** By checkpoint. What was cut short by a crash counts as none. */
async function keptPoints(outDir: string): Promise<Map<string, KeptPoint>> {
  const points = new Map<string, KeptPoint>();
  for (const name of (await readdir(join(outDir, POINTS))).toSorted()) {
    const stem = /^(checkpoint-[\d-]+)\.json$/.exec(name)?.[1];
    if (stem === undefined) continue;
    const parsed = keptPointSchema.safeParse(jsonOf(await readFile(join(outDir, POINTS, name), 'utf8')));
    if (parsed.success) points.set(stem, parsed.data);
  }
  return points;
}

async function write(
  { setup: { outDir }, codeVersion, date }: CurveRequest,
  settings: CurveSettings,
  kept: readonly KeptPoint[],
): Promise<QualityCurve> {
  const [first] = kept;
  if (first === undefined)
    throw new NoduleLabError(
      'not-found',
      'The training removed every checkpoint before it was measured: run the command again.',
    );
  const points = kept.map(({ point }) => point).toSorted((a, b) => a.update - b.update);
  const measures = new Map(kept.flatMap((one) => one.measures).map((measure) => [measure.key, measure]));
  const curve = qualityCurveSchema.parse({
    ...{ kind: 'nodulelab-quality-curve', version: 1, codeVersion, settings, points },
    finishedAt: date().toISOString(),
    ...{ real: first.real, training: first.training, measures: [...measures.values()] },
  } satisfies QualityCurve);
  const drawing = curveSvg({
    title: `${settings.preset}, seed ${settings.trainingSeed}: ${settings.samples} samples against ${curve.real.count} held-out nodules, over generator updates`,
    updates: points.map(({ update }) => update),
    stages: stagesOf(points),
    panels: panelsOf(points),
  });
  const text = (name: string, content: string): Promise<unknown> =>
    writeAtomically(join(outDir, name), [new TextEncoder().encode(content)]);
  await text(CURVE_CSV, curveCsv(curve));
  await text(CURVE_SVG, drawing);
  await writeJsonAtomically(join(outDir, CURVE_JSON), curve);
  return curve;
}

const stagesOf = (points: readonly QualityPoint[]): { update: number; label: string }[] =>
  points.flatMap(({ update, resolution }, at) =>
    points[at - 1]?.resolution === resolution ? [] : [{ update, label: `${resolution}³` }],
  );

/** Evenly spaced, the first and the last among them. */
function spread<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  if (most === 1) return [all.at(-1)!];
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, at) => all[Math.round(at * step)]!);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
