/** A user who marks a nodule, without a browser: the server and the brush are the test's. */
import { readFileSync } from 'node:fs';
import { Nodule, type Ratings } from '@nodulelab/contract';
import type { Ground, Mask } from '../../extension/src/geometry/painted.ts';
import { Annotating, type BrushActions } from '../../extension/src/service/annotating.ts';
import { SCALES } from '../../extension/src/state/annotation.ts';
import { desk } from './extensionDesk.ts';

const golden = Nodule.parse(
  JSON.parse(readFileSync(new URL('../unit/contract/golden/Nodule.annotated.json', import.meta.url), 'utf8')),
);
export const annotated: Nodule = { ...golden, seriesInstanceUID: '1.2', studyInstanceUID: '1' };
export const imported: Nodule = { ...annotated, id: 'lidc', number: 1, source: 'lidc', annotation: null };

export const RATINGS: Ratings = {
  ...{ subtlety: 5, internalStructure: 1, calcification: 6, sphericity: 3, margin: 2 },
  ...{ lobulation: 1, spiculation: 4, texture: 5, malignancy: 4 },
};
export const MASK: Mask = {
  ...{ kind: 'mask', size: [2, 1, 1], origin: [0, 0, 0], spacing: [1, 1, 1], runs: [0, 2] },
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};

export function memory(): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}

/** OHIF's brush needs a browser: here it writes down what is asked of it. */
export function startAnnotating(storage = memory()) {
  const made = desk();
  const diary: string[] = [];
  const grounds: (Ground | null)[] = [];
  const brush: BrushActions = {
    start: (series, ground) => {
      diary.push(`start ${series}`);
      grounds.push(ground);
      return Promise.resolve(true);
    },
    use: ({ tool, radiusMm }) => void diary.push(`use ${tool} ${radiusMm}`),
    stop: () => void diary.push('stop'),
  };
  const saved: string[] = [];
  const annotating = new Annotating(made.desk, brush, ({ id }) => void saved.push(id), storage);
  made.desk.store.set({ nodules: [imported, annotated] });
  const now = () => made.desk.store.get().annotation;
  const rateAll = (): void => {
    for (const { name } of SCALES) annotating.rate(name, RATINGS[name]);
  };
  return { ...made, annotating, diary, grounds, saved, now, rateAll, store: made.desk.store };
}
