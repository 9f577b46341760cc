/** What a quality curve draws: a panel for each goal, so that one sees what more updates bought and what is left. */
import { attributeWord } from '../attributeWords.ts';
import { LIMITS } from '../gates.ts';
import { SPACES, VIEWS } from '../patchGroup.ts';
import { SPACE_WORDS, VIEW_WORDS } from '../report/words.ts';
import { figureAt, type QualityPoint } from './qualityCurve.ts';

export interface Panel {
  readonly title: string;
  /** What is good. */
  readonly hint: string;
  readonly goal: number | null;
  /** Beyond these ends a value is drawn at the rim. */
  readonly from?: number;
  readonly to?: number;
  readonly lines: readonly PanelLine[];
}

export interface PanelLine {
  readonly name: string;
  /** One a point; null where it was not computed. */
  readonly values: readonly (number | null)[];
}

const PLACES = SPACES.flatMap((space) =>
  VIEWS.map((view) => ({
    place: `${space}/${view}`,
    name: `${SPACE_WORDS[space]}, ${VIEW_WORDS[view]}`,
  })),
);
const CHARACTERISTICS = ['malignancy', 'texture', 'spiculation', 'lobulation', 'sphericity', 'margin'];

/** Panels without any value are left out. */
export function panelsOf(points: readonly QualityPoint[]): Panel[] {
  const valueOf = (key: string) => (point: QualityPoint) => figureAt(point, key)?.measured?.value ?? null;
  const line = (name: string, of: (point: QualityPoint) => number | null): PanelLine => ({
    name,
    values: points.map(of),
  });
  const panels: Panel[] = [
    {
      title: 'Position P',
      hint: '0 as real nodules, 1 as smooth ellipsoids',
      ...{ goal: LIMITS.position, from: -0.5, to: 2 },
      lines: PLACES.map(({ place, name }) => line(name, valueOf(`position/${place}`))),
    },
    {
      title: 'Kernel distance (KID)',
      hint: 'above the interval of real against real, in widths of it',
      ...{ goal: LIMITS.kidWidths, to: 20 },
      lines: PLACES.map(({ place, name }) => line(name, (point) => widthsAbove(point, `kid/${place}`))),
    },
    {
      title: 'Precision, recall, coverage',
      hint: 'share of what real nodules reach, the lowest of four places',
      ...{ goal: LIMITS.fidelityShare, from: 0 },
      lines: ['precision', 'recall', 'coverage'].map((measure) =>
        line(measure, (point) => lowestShare(point, measure)),
      ),
    },
    {
      title: 'A classifier spots them',
      hint: 'AUC; 0.5 is guessing',
      ...{ goal: LIMITS.spotting, from: 0.5, to: 1 },
      lines: [line('AUC', valueOf('spotting/auc'))],
    },
    {
      title: 'Diameter',
      hint: 'median relative error of what was asked for',
      ...{ goal: LIMITS.diameter, from: 0 },
      lines: ['insertedDiameter', 'insertedLargest', 'diameter'].map((name) =>
        line(attributeWord(name), valueOf(`adherence/${name}`)),
      ),
    },
    {
      title: 'Characteristics',
      hint: 'asked for against the network, partial Spearman at fixed diameter',
      goal: null,
      lines: CHARACTERISTICS.map((name) => line(name, valueOf(`adherence/${name}`))),
    },
  ];
  return panels
    .map((panel) => ({ ...panel, lines: panel.lines.filter(({ values }) => values.some((v) => v !== null)) }))
    .filter(({ lines }) => lines.length > 0);
}

function widthsAbove(point: QualityPoint, key: string): number | null {
  const { measured, floor } = figureAt(point, key) ?? {};
  const interval = floor?.interval;
  return !measured || !interval || interval.high <= interval.low
    ? null
    : (measured.value - interval.high) / (interval.high - interval.low);
}

function lowestShare(point: QualityPoint, measure: string): number | null {
  const shares = PLACES.flatMap(({ place }) => {
    const { measured, floor } = figureAt(point, `${measure}/${place}`) ?? {};
    return !measured || !floor || floor.value <= 0 ? [] : [measured.value / floor.value];
  });
  return shares.length === 0 ? null : Math.min(...shares);
}
