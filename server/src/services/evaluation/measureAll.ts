/** All measures on described groups, for the synthetic set and every control alike. */
import { memorisationAgainst } from '../../evaluation/memorisation/memorisation.ts';
import { SPACES, VIEWS, type PatchGroup } from '../../evaluation/patchGroup.ts';
import type { Adherence, EvaluationResult, Figure, MemorisedPair } from '../../evaluation/result.ts';
import type { AskedSizes, Scatter, SpottingScores } from '../../evaluation/report/material.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { Described } from './describe/described.ts';
import type { EvaluationSetup } from './evaluateGroups.ts';
import { inceptionFigures, shownFigures } from './measures/classes.ts';
import { distancesIn } from './measures/distances.ts';
import { diversityFigures } from './measures/diversity.ts';
import { adherenceFound } from './measures/adherenceFound.ts';
import { drawsFor, inSpace, type Measuring } from './measures/measuring.ts';
import { seenOf } from './measures/seen.ts';
import { measureSpotting } from './measures/spotting.ts';
import { SMALL_VOXELS } from '../../evaluation/memorisation/smallPixels.ts';
import type { Stages } from './stages.ts';

export interface Measures {
  /** For each subject: the synthetic set, then the controls. */
  readonly figures: readonly Figure[][];
  readonly spaces: EvaluationResult['spaces'];
  readonly adherence: Adherence[];
  readonly sizes: AskedSizes | null;
  readonly spotting: EvaluationResult['spotting'];
  readonly spottingScores: SpottingScores | null;
  readonly memorisedPairs: MemorisedPair[];
  readonly scatters: readonly Scatter[];
}

interface Way {
  readonly setup: EvaluationSetup;
  readonly stages: Stages;
  readonly turn: () => Promise<void>;
  readonly shares: { readonly measuring: number; readonly spotting: number };
  /** Real split by patient; the first plays the training set where there is none. */
  readonly halves: () => readonly [PatchGroup, PatchGroup];
  /** Which control holds memorised copies; -1 for none. */
  readonly memorised: number;
}

export async function measureAll(
  measuring: Measuring,
  training: Described | null,
  way: Way,
): Promise<Measures> {
  const { stages, turn, shares } = way;
  const { subjects } = measuring;
  const figures: Figure[][] = subjects.map(() => []);
  const add = (found: readonly (readonly Figure[])[]): void => {
    for (const [index, own] of found.entries()) figures[index]!.push(...own);
  };
  const single = (found: readonly Figure[]): void => add(found.map((figure) => [figure]));

  const spaces: EvaluationResult['spaces'] = [];
  const part = shares.measuring / 7;
  for (const space of SPACES) {
    let dimension = 0;
    for (const view of VIEWS) {
      stages.begin('distances', part);
      await turn();
      const found = distancesIn(measuring, space, view);
      add(found.figures);
      dimension = Math.max(dimension, found.dimension);
    }
    const fixed = measuring.spaces?.[space].patch;
    if (fixed !== undefined)
      spaces.push({ space, dimension, of: fixed.names.length, fixedBy: fixed.fixedBy });
  }
  single(shownFigures(measuring));
  single(inceptionFigures(measuring));
  stages.begin('likeness of pairs', part);
  single(await diversityFigures(measuring, turn));
  stages.begin('nearest neighbours', 2 * part);
  await turn();
  const memorisedPairs = await addMemorisation(measuring, training, way, add);
  stages.begin('classifiers', shares.spotting);
  const {
    figures: ofSpotting,
    spotting,
    scores,
  } = await measureSpotting(measuring, way.setup, (share) => {
    stages.progress(share, 'training classifiers that tell synthetic from real');
  });
  single(ofSpotting);
  const { rows, figures: ofAdherence, sizes } = adherenceFound(measuring);
  add(ofAdherence);
  return {
    ...{ figures, spaces, adherence: rows, sizes, spotting, memorisedPairs },
    spottingScores: scores,
    scatters: scattersOf(measuring),
  };
}

async function addMemorisation(
  measuring: Measuring,
  training: Described | null,
  { setup, halves, memorised, turn }: Way,
  add: (found: readonly (readonly Figure[])[]) => void,
): Promise<MemorisedPair[]> {
  const { real, subjects, spaces, seed } = measuring;
  const { engine } = setup.tools;
  const against = await memorisationAgainst({
    training: training === null ? null : seenOf(training, spaces),
    real: seenOf(real, spaces),
    ...{ seed, engine },
    ...(setup.whyNoTraining === undefined ? {} : { whyNoTraining: setup.whyNoTraining }),
  });
  // Without a training set the control holds copies of one half of the real one, held against the other half.
  const [half, other] = halves().map((group) => seenOf(partOfDescribed(real, group), spaces));
  const againstHalf =
    training === null && memorised >= 0
      ? await memorisationAgainst({ training: half!, real: other!, seed, engine })
      : against;
  const pairs: MemorisedPair[] = [];
  for (const [index, subject] of subjects.entries()) {
    await turn();
    const measure = index === memorised + 1 ? againstHalf : against;
    const found = await measure.of(seenOf(subject, spaces), drawsFor(measuring, index));
    add(subjects.map((_, at) => (at === index ? found.figures : [])));
    if (index === 0) pairs.push(...found.pairs);
  }
  return pairs;
}

/** What is known of the patches of a part of a group. */
function partOfDescribed({ group, patches, pixels }: Described, part: PatchGroup): Described {
  const places = new Map(group.items.map(({ id }, index) => [id, index]));
  const indexes = part.items.map(({ id }) => {
    const index = places.get(id);
    if (index === undefined) throw new NoduleLabError('invalid-input', `${group.name} has no patch ${id}.`);
    return index;
  });
  const own = new Float32Array(indexes.length * SMALL_VOXELS);
  for (const [at, index] of indexes.entries())
    own.set(pixels.subarray(index * SMALL_VOXELS, (index + 1) * SMALL_VOXELS), at * SMALL_VOXELS);
  return { group: part, patches: indexes.map((index) => patches[index]!), pixels: own };
}

/** The sets on the first two of the directions that were fixed beforehand. */
function scattersOf({ real, bad, subjects, spaces }: Measuring): Scatter[] {
  if (spaces === null) return [];
  return SPACES.flatMap((space) =>
    VIEWS.map((view): Scatter => {
      const fixed = spaces[space][view];
      const groups = [
        ['real', real],
        ['synthetic', subjects[0]!],
        ['ellipsoids', bad],
      ] as const;
      return {
        ...{ space, view },
        groups: groups.map(([name, described]) => {
          const { rows } = inSpace(described, space, view, fixed).sample;
          const point = (row: number, axis: number): number => rows.values[row * rows.dimension + axis] ?? 0;
          return {
            name,
            points: Array.from({ length: rows.count }, (_, row) => [point(row, 0), point(row, 1)] as const),
          };
        }),
      };
    }),
  );
}
