/** Fréchet distance, position, kernel distance, precision, recall, density and coverage in one space and view. */
import { MOST_FAILED_DRAWS } from '../../../evaluation/bootstrap.ts';
import { LIMITS } from '../../../evaluation/gates.ts';
import { kidEstimate } from '../../../evaluation/kid.ts';
import type { Space, View } from '../../../evaluation/patchGroup.ts';
import { positionEstimates, type Positions } from '../../../evaluation/position.ts';
import { prdcEstimates } from '../../../evaluation/prdc.ts';
import type { Estimate, Figure } from '../../../evaluation/result.ts';
import { halves, sampleOf, type Sample } from '../../../evaluation/sample.ts';
import { Random } from '../../../nn/random.ts';
import { distanceKind, PRDC_NEIGHBOURS, type DistanceName } from './kinds.ts';
import { computed, drawsFor, inSpace, notComputed, plain, type Measuring } from './measuring.ts';

const NAMES = ['frechet', 'position', 'kid', 'precision', 'recall', 'density', 'coverage'] as const;
const PRDC = ['precision', 'recall', 'density', 'coverage'] as const;
/** With fewer on a side a distance is noise. */
const LEAST = 10;
/** A neighbourhood of k needs several times k. */
const LEAST_PRDC = 4 * PRDC_NEIGHBOURS;

export interface Distances {
  /** For each subject. */
  readonly figures: Figure[][];
  /** Of the Fréchet distance; 0 where none was computed. */
  readonly dimension: number;
}

/** What can be said of each subject, or why nothing can. */
type Side = { readonly sample: Sample } | { readonly why: string };

export function distancesIn(measuring: Measuring, space: Space, view: View): Distances {
  const { subjects, spaces, missing } = measuring;
  const none = (why: string): Distances => ({
    figures: subjects.map((subject) =>
      NAMES.map((name) => notComputed(distanceKind(name, space, view), why, countsOf(measuring, subject))),
    ),
    dimension: 0,
  });
  if (spaces === null) return none(missing);
  const fixed = spaces[space][view];
  const sampleFor = (described: Measuring['real'], what: string): Side => {
    const { sample, of } = inSpace(described, space, view, fixed);
    const { count } = sample.rows;
    if (count < LIMITS.shown * of)
      return { why: `only ${count} of ${of} patches of ${what} show a nodule that can be measured` };
    if (count < LEAST) return { why: `${what} has ${count} patches, and at least ${LEAST} are needed` };
    return { sample };
  };
  const real = sampleFor(measuring.real, measuring.real.group.name);
  if ('why' in real) return none(real.why);
  const bad = sampleFor(measuring.bad, measuring.bad.group.name);
  if ('why' in bad) return none(bad.why);
  const other = measuring.other === null ? null : sampleFor(measuring.other, measuring.other.group.name);
  if (other !== null && 'why' in other) return none(other.why);
  const sides = subjects.map((subject) => sampleFor(subject, subject.group.name));
  const floorPair = pairForFloor(measuring, real.sample, other?.sample ?? null);

  const figures = sides.map((side, index): Figure[] =>
    'why' in side
      ? NAMES.map((name) =>
          notComputed(distanceKind(name, space, view), side.why, countsOf(measuring, subjects[index]!)),
        )
      : [],
  );
  const context: Context = {
    measuring,
    space,
    view,
    sides,
    ...{ real: real.sample, bad: bad.sample, floorPair },
  };
  const dimension = addPositions(context, other?.sample ?? null, figures);
  addKid(context, figures);
  addPrdc(context, figures);
  return { figures, dimension };
}

const countsOf = ({ real }: Measuring, subject: Measuring['real']): Figure['n'] => ({
  real: real.group.count,
  synthetic: subject.group.count,
});

interface Context {
  readonly measuring: Measuring;
  readonly space: Space;
  readonly view: View;
  readonly sides: readonly Side[];
  readonly real: Sample;
  readonly bad: Sample;
  readonly floorPair: readonly [Sample, Sample];
}

/** What real is held against for the floor: other patients, or the halves of one set. */
function pairForFloor({ seed }: Measuring, real: Sample, other: Sample | null): [Sample, Sample] {
  if (other !== null) return [real, other];
  const [a, b] = halves(real.clusters, Random.of('evaluation', 'halves', seed));
  return [sampleOf(real.rows, real.clusters, a), sampleOf(real.rows, real.clusters, b)];
}

function addPositions(
  { measuring, space, view, sides, real, bad, floorPair }: Context,
  other: Sample | null,
  figures: Figure[][],
): number {
  const { seed } = measuring;
  const kinds = [distanceKind('frechet', space, view), distanceKind('position', space, view)] as const;
  const [synthetic] = sides;
  const all = [
    ...floorPair,
    bad,
    ...(synthetic !== undefined && 'sample' in synthetic ? [synthetic.sample] : []),
  ];
  const n = Math.min(...all.map(({ rows }) => rows.count));
  // Intervals for the synthetic set alone; controls stand beside it as single values, at their own N where they have fewer.
  const judge = (group: Sample, count: number, wanted: number): Positions =>
    positionEstimates({ real, training: other, bad, groups: [group], n: count, seed, draws: wanted });
  let dimension = 0;
  for (const [index, side] of sides.entries()) {
    if ('why' in side) continue;
    const count = Math.min(n, side.sample.rows.count);
    const sizes = { real: count, synthetic: count };
    if (count < LEAST) {
      const why = `There are ${count} nodules on a side, and a Fréchet distance needs at least ${LEAST}.`;
      figures[index]!.push(...kinds.map((kind) => notComputed(kind, why, sizes)));
      continue;
    }
    const found = judge(side.sample, count, drawsFor(measuring, index));
    const { frechet, position } = found.groups[0]!;
    if (index === 0) dimension = found.dimension;
    figures[index]!.push(
      computed(kinds[0], { measured: frechet, floor: found.floor, bad: found.bad, n: sizes }),
      position === null
        ? notComputed(kinds[1], NO_SCALE, sizes)
        : {
            ...computed(kinds[1], { measured: position, floor: plain(0), bad: plain(1), n: sizes }),
            ...(position.interval === null && drawsFor(measuring, index) > 0
              ? { noInterval: found.bad.interval === null ? ONE_PATIENT : SHAKY_SCALE }
              : {}),
          },
    );
  }
  return dimension;
}

const ONE_PATIENT = 'Nodules of one patient alone do not tell how far others would lie.';
const SHAKY_SCALE =
  `In more than ${100 * MOST_FAILED_DRAWS} % of the draws ellipsoids are not further from the real nodules than other real nodules are: ` +
  'the scale of P itself is uncertain, and so is its value.';
const NO_SCALE =
  'Ellipsoids are not further from the real nodules than other real nodules are, so there is no scale to stand on: the sets are too small.';

function addKid({ measuring, space, view, sides, real, bad, floorPair }: Context, figures: Figure[][]): void {
  const { seed, draws } = measuring;
  const kind = distanceKind('kid', space, view);
  const between = (a: Sample, b: Sample, wanted: number): Estimate =>
    kidEstimate({ real: a, synthetic: b, draws: wanted, seed });
  const floor = between(...floorPair, draws);
  const worst = between(real, bad, 0);
  for (const [index, side] of sides.entries())
    if ('sample' in side)
      figures[index]!.push(
        computed(kind, {
          measured: between(real, side.sample, drawsFor(measuring, index)),
          ...{ floor, bad: worst },
          n: { real: real.rows.count, synthetic: side.sample.rows.count },
        }),
      );
}

function addPrdc({ measuring, space, view, sides, bad, floorPair }: Context, figures: Figure[][]): void {
  const { seed, draws } = measuring;
  const kinds = PRDC.map((name: DistanceName) => distanceKind(name, space, view));
  // Real as it stands in the floor: a half of it where it was halved.
  const [reference, otherReal] = floorPair;
  const measuredAt = (n: number, against: Sample, wanted: number): ReturnType<typeof prdcEstimates> =>
    prdcEstimates({
      ...{ real: reference, synthetic: against, n },
      ...{ k: PRDC_NEIGHBOURS, draws: wanted, seed },
    });
  const floors = new Map<
    number,
    { floor: ReturnType<typeof prdcEstimates>; worst: ReturnType<typeof prdcEstimates> }
  >();
  for (const [index, side] of sides.entries()) {
    if ('why' in side) continue;
    const n = Math.min(...[reference, otherReal, bad, side.sample].map(({ rows }) => rows.count));
    if (n < LEAST_PRDC) {
      const why = `${n} patches on a side are too few for neighbourhoods of ${PRDC_NEIGHBOURS}: at least ${LEAST_PRDC} are needed.`;
      figures[index]!.push(...kinds.map((kind) => notComputed(kind, why, { real: n, synthetic: n })));
      continue;
    }
    if (!floors.has(n))
      floors.set(n, {
        floor: measuredAt(n, otherReal, index === 0 ? draws : 0),
        worst: measuredAt(n, bad, 0),
      });
    const { floor, worst } = floors.get(n)!;
    const own = measuredAt(n, side.sample, drawsFor(measuring, index));
    figures[index]!.push(
      ...PRDC.map((name, at) =>
        computed(kinds[at]!, {
          ...{ measured: own[name], floor: floor[name], bad: worst[name] },
          n: { real: n, synthetic: n },
        }),
      ),
    );
  }
}
