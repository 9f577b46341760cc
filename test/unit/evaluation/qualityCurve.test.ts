import { describe, expect, test } from '@jest/globals';
import { curveSvg } from '../../../server/src/evaluation/curve/curveSvg.ts';
import { panelsOf } from '../../../server/src/evaluation/curve/panels.ts';
import {
  curveCsv,
  measureOfFigure,
  pointFigure,
  qualityPointSchema,
  type QualityPoint,
} from '../../../server/src/evaluation/curve/qualityCurve.ts';
import type { Figure } from '../../../server/src/evaluation/result.ts';
import { estimate, figure, goodExcept } from '../../support/evaluationFigures.ts';

const point = (update: number, figures: readonly Figure[]): QualityPoint =>
  qualityPointSchema.parse({
    ...{ checkpoint: `checkpoint-${update}`, sha256: 'ab'.repeat(32), update, seconds: 36 * update },
    ...{ resolution: update < 300 ? 16 : 32, generatorSha256: 'cd'.repeat(32) },
    ...{ figures: figures.map(pointFigure), gates: [], warnings: [] },
  });

const spotted = (auc: number): Figure[] =>
  goodExcept(figure('spotting/auc', { measured: estimate(auc, auc - 0.1, auc + 0.05) }));
const points = [
  point(100, spotted(0.95)),
  point(200, goodExcept(figure('spotting/auc', { notComputed: 'It was not asked for.' }))),
  point(300, spotted(0.75)),
];

describe('a quality curve', () => {
  test('as a table has one line a checkpoint, and empty cells where nothing was computed', () => {
    const measures = spotted(1)
      .filter(({ key }) => key === 'spotting/auc')
      .map(measureOfFigure);
    expect(curveCsv({ points, measures }).trimEnd().split('\n')).toEqual([
      'checkpoint,update,hours,resolution,spotting/auc,spotting/auc/low,spotting/auc/high,spotting/auc/floor',
      'checkpoint-100,100,1.000,16,0.95,0.85,1,',
      'checkpoint-200,200,2.000,16,,,,',
      'checkpoint-300,300,3.000,32,0.75,0.65,0.8,',
    ]);
  });

  test('draws distances by what their goals are stated in, and leaves out what was never measured', () => {
    const panels = panelsOf(points);
    const panel = (title: string) => panels.find((one) => one.title === title);
    // 0.02 lies 0.08 below the upper end of an interval that is 0.2 wide.
    expect(panel('Kernel distance (KID)')?.lines[0]?.values[0]).toBeCloseTo(-0.4, 10);
    expect(panel('Precision, recall, coverage')?.lines[0]?.values[0]).toBeCloseTo(0.7 / 0.8, 10);
    expect(panel('A classifier spots them')?.lines).toEqual([{ name: 'AUC', values: [0.95, null, 0.75] }]);
    expect(panel('Diameter')?.lines.map(({ name }) => name)).toEqual(['diameter in a CT']);
    expect(panel('Characteristics')).toBeUndefined();
  });

  test('as a picture breaks its line where a value is missing, and stands upright with a single point', () => {
    const draw = (some: readonly QualityPoint[]): string =>
      curveSvg({
        title: 'a <curve>',
        updates: some.map(({ update }) => update),
        stages: [{ update: 100, label: '16³' }],
        panels: panelsOf(some),
      });
    const whole = draw(points);
    expect(whole).toContain('a &lt;curve&gt;');
    const [broken] = /class="line"[^>]*d="(M[^"L]*M[^"L]*)"/.exec(whole)!.slice(1);
    expect(broken!.match(/M/g)).toHaveLength(2);
    for (const drawn of [whole, draw(points.slice(0, 1))])
      expect(drawn).not.toMatch(/NaN|undefined|Infinity/);
  });
});
