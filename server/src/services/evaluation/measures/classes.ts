/** Measures on what the network says of each patch: the domain Inception Score, and whether there is a nodule at all. */
import { clusterBootstrap } from '../../../evaluation/bootstrap.ts';
import { inceptionScore } from '../../../evaluation/inceptionScore.ts';
import type { Estimate, Figure } from '../../../evaluation/result.ts';
import { rowsOf, selectRows } from '../../../evaluation/sample.ts';
import { CLASSES } from '../../../networks/attributeArchitecture.ts';
import type { Described } from '../describe/described.ts';
import { inceptionKind, SHOWN } from './kinds.ts';
import { computed, drawsFor, notComputed, plain, type Measuring } from './measuring.ts';

const LEAST = 10;

export function inceptionFigures(measuring: Measuring): Figure[] {
  const { real, bad, subjects, draws, seed, missing } = measuring;
  const kind = inceptionKind(CLASSES);
  const scoreOf = (described: Described, wanted: number): Estimate | null => {
    const probabilities = described.patches.flatMap(({ attributes: { patch } }) =>
      patch === null ? [] : [patch.classProbabilities],
    );
    if (probabilities.length < Math.max(LEAST, described.patches.length)) return null;
    const rows = rowsOf(probabilities);
    if (wanted === 0) return plain(inceptionScore(rows).score);
    return clusterBootstrap({
      clusters: [described.group.items.map(({ cluster }) => cluster)],
      statistic: ([drawn]) => inceptionScore(selectRows(rows, drawn!)).score,
      ...{ draws: wanted, seed },
    });
  };
  const floor = scoreOf(real, draws);
  const worst = scoreOf(bad, 0);
  return subjects.map((subject, index) => {
    const n = { real: real.group.count, synthetic: subject.group.count };
    const own = scoreOf(subject, drawsFor(measuring, index));
    return own === null
      ? notComputed(kind, missing || `${subject.group.name} has fewer than ${LEAST} patches.`, n)
      : computed(kind, { measured: own, floor, bad: worst, n });
  });
}

export function shownFigures({ real, bad, subjects }: Measuring): Figure[] {
  const shareOf = ({ patches }: Described): Estimate =>
    plain(patches.filter(({ nodule }) => nodule !== null).length / patches.length);
  return subjects.map((subject) =>
    computed(SHOWN, {
      measured: shareOf(subject),
      floor: shareOf(real),
      bad: shareOf(bad),
      n: { real: real.group.count, synthetic: subject.group.count },
    }),
  );
}
