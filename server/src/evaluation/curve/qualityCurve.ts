/** How good a generator is after so many updates: the figures of an evaluation for one checkpoint after another. */
import { z } from 'zod';
import { estimateSchema, figureSchema, gateSchema, setSummarySchema, type Figure } from '../result.ts';

export const CURVE_JSON = 'curve.json';
export const CURVE_CSV = 'curve.csv';
export const CURVE_SVG = 'curve.svg';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

/** What a figure is, the same at every point. */
export const measureSchema = figureSchema.pick({
  key: true,
  title: true,
  definition: true,
  unit: true,
  better: true,
});

export const qualityPointSchema = z.object({
  /** Name of the checkpoint without its ending. */
  checkpoint: z.string(),
  /** Of the checkpoint's file. */
  sha256,
  /** Generator updates done. */
  update: count,
  /** Time that the training had taken, all engines and pauses between runs apart. */
  seconds: z.number().nonnegative(),
  /** Edge at which the generator makes its image; samples of early stages are smoothly enlarged. */
  resolution: count,
  /** Of the exported weights. */
  generatorSha256: sha256,
  figures: z.array(
    z.object({
      key: z.string(),
      measured: estimateSchema.nullable(),
      floor: estimateSchema.nullable(),
      notComputed: z.string().nullable(),
    }),
  ),
  gates: z.array(gateSchema.pick({ name: true, passed: true, found: true })),
  warnings: z.array(z.string()),
});
export type QualityPoint = z.infer<typeof qualityPointSchema>;

/** What must be the same at all points, or they could not stand in one curve. */
export const curveSettingsSchema = z.object({
  /** Of the training: its preset, seed and patches. */
  preset: z.string(),
  trainingSeed: z.number().int(),
  realSha256: sha256,
  trainingSha256: sha256,
  samples: count,
  seed: z.number().int(),
  draws: count,
  spotting: z.boolean(),
  /** CTs that nodules of a conditional generator were inserted into. */
  hosts: z.array(z.string()),
});
export type CurveSettings = z.infer<typeof curveSettingsSchema>;

export const qualityCurveSchema = z.object({
  kind: z.literal('nodulelab-quality-curve'),
  version: z.literal(1),
  codeVersion: z.string(),
  /** ISO 8601. */
  finishedAt: z.string(),
  settings: curveSettingsSchema,
  real: setSummarySchema,
  training: setSummarySchema,
  measures: z.array(measureSchema),
  /** By update. */
  points: z.array(qualityPointSchema),
});
export type QualityCurve = z.infer<typeof qualityCurveSchema>;
export type Measure = z.infer<typeof measureSchema>;

/** The part of a figure that differs from point to point. */
export const pointFigure = ({
  key,
  measured,
  floor,
  notComputed,
}: Figure): QualityPoint['figures'][number] => ({ key, measured, floor, notComputed });

export const measureOfFigure = ({ key, title, definition, unit, better }: Figure): Measure => ({
  ...{ key, title, definition, unit, better },
});

export const figureAt = (point: QualityPoint, key: string): QualityPoint['figures'][number] | undefined =>
  point.figures.find((figure) => figure.key === key);

/** One line a point: update, hours, resolution, then value, low, high and floor of each measure; empty where there is none. */
export function curveCsv({ points, measures }: Pick<QualityCurve, 'points' | 'measures'>): string {
  const head = [
    ...['checkpoint', 'update', 'hours', 'resolution'],
    ...measures.flatMap(({ key }) => [key, `${key}/low`, `${key}/high`, `${key}/floor`]),
  ];
  const lines = points.map((point) => [
    point.checkpoint,
    String(point.update),
    (point.seconds / 3600).toFixed(3),
    String(point.resolution),
    ...measures.flatMap(({ key }) => {
      const { measured = null, floor = null } = figureAt(point, key) ?? {};
      return [measured?.value, measured?.interval?.low, measured?.interval?.high, floor?.value].map(cell);
    }),
  ]);
  return [head, ...lines].map((line) => `${line.join(',')}\n`).join('');
}

const cell = (value: number | undefined): string =>
  value === undefined ? '' : String(Number(value.toPrecision(6)));
