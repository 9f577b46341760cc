/** Figures of an evaluation by key, for tests of what is concluded from them. */
import type { Estimate, Figure } from '../../server/src/evaluation/result.ts';
import { SPACES, VIEWS } from '../../server/src/evaluation/patchGroup.ts';

export const estimate = (value: number, low?: number, high?: number): Estimate => ({
  value,
  interval:
    low === undefined || high === undefined ? null : { low, high, level: 0.95, how: 'drawn for the test' },
});

export const figure = (key: string, more: Partial<Figure> = {}): Figure => {
  const [, space, view] = key.split('/');
  return {
    ...{ key, title: key, definition: `what ${key} is`, unit: '', better: 'near floor' },
    space: SPACES.find((one) => one === space) ?? null,
    view: VIEWS.find((one) => one === view) ?? null,
    ...{ measured: null, floor: null, bad: null },
    n: { real: 100, synthetic: 100 },
    notComputed: null,
    ...more,
  };
};

const everywhere = (measure: string, more: Partial<Figure>): Figure[] =>
  SPACES.flatMap((space) => VIEWS.map((view) => figure(`${measure}/${space}/${view}`, more)));

/** What a generator as good as real nodules of other patients would show. */
export function goodFigures(): Figure[] {
  return [
    ...everywhere('position', { measured: estimate(0.1), floor: estimate(0), bad: estimate(1) }),
    ...everywhere('kid', { measured: estimate(0.02), floor: estimate(0, -0.1, 0.1), bad: estimate(3) }),
    ...['precision', 'coverage', 'recall'].flatMap((name) =>
      everywhere(name, { measured: estimate(0.7), floor: estimate(0.8), bad: estimate(0.1) }),
    ),
    figure('shown/nodule', { measured: estimate(1), floor: estimate(1) }),
    figure('msSsim/pairs', { measured: estimate(0.61), floor: estimate(0.6, 0.55, 0.65) }),
    figure('memorisation/pixels', { measured: estimate(1.01), floor: estimate(1) }),
    figure('memorisation/features', { measured: estimate(0.99), floor: estimate(1) }),
    figure('copies/pixels', { measured: estimate(0.02), floor: estimate(0.01) }),
    figure('spotting/auc', { measured: estimate(0.7), floor: estimate(0.5), bad: estimate(0.99) }),
    figure('adherence/insertedDiameter', {
      ...{ measured: estimate(0.04), floor: estimate(0.03), bad: estimate(0.4) },
    }),
  ];
}

/** The same with some of them replaced. */
export const goodExcept = (...changed: readonly Figure[]): Figure[] => {
  const keys = new Set(changed.map(({ key }) => key));
  return [...goodFigures().filter(({ key }) => !keys.has(key)), ...changed];
};
