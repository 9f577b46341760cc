/**
 * Holds a group of synthetic patches against real ones: every patch is described once, all measures work on the
 * descriptions, the gates judge them, and the controls go through the same measures and gates.
 */
import { join } from 'node:path';
import type { SoftMargin } from '../../dataset/softMask.ts';
import { wasAsked } from '../../evaluation/adherence.ts';
import { ellipsoidControl } from '../../evaluation/controls/ellipsoids.ts';
import type { ControlGroup } from '../../evaluation/controls/control.ts';
import { failedBy, gatesOf } from '../../evaluation/gates.ts';
import type { PatchGroup } from '../../evaluation/patchGroup.ts';
import type { Control, EvaluationResult } from '../../evaluation/result.ts';
import { halves } from '../../evaluation/sample.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ComparisonHost } from '../comparison/hosts.ts';
import { makeControls } from './controls.ts';
import { describeGroup } from './describe/describeGroup.ts';
import type { Described } from './describe/described.ts';
import { startMeasureThreads } from './describe/measureThreads.ts';
import { insertGroups } from './inserted/insertGroup.ts';
import { measureAll, type Measures } from './measureAll.ts';
import type { Measuring } from './measures/measuring.ts';
import type { SpottingProofs } from './measures/spotting.ts';
import { partOf } from './patchGroups.ts';
import { createStages, type Stages } from './stages.ts';
import type { EvaluationTools } from './tools.ts';
import { doubtsOf } from './doubts.ts';

export interface Groups {
  /** Held-out real nodules. */
  readonly real: PatchGroup;
  readonly synthetic: PatchGroup;
  /** What the generator was trained on; null where it is not here. */
  readonly training: PatchGroup | null;
  /**
   * Real nodules of other patients than `real`, which it is held against for the floor; null: real is halved by patient;
   * undefined: the training set, where there is one.
   */
  readonly floor?: PatchGroup | null;
  /** The bad end of the scale, in place of ellipsoids of real's sizes and levels. */
  readonly bad?: PatchGroup;
}

export interface EvaluationSetup {
  /** Descriptions are kept in its folder `work`: calls with the same folder describe a group once. */
  readonly outDir: string;
  readonly tools: Pick<EvaluationTools, 'engine' | 'attributes' | 'spaces' | 'missing'>;
  readonly seed: number;
  /** Bootstrap draws behind each interval. */
  readonly draws: number;
  /** Lung that the patches keep around their nodules; the same is drawn around ellipsoids. */
  readonly margin?: SoftMargin | undefined;
  /** Why there is no training set; in words, for what cannot be computed without it. */
  readonly whyNoTraining?: string;
  readonly controls?: boolean;
  readonly spotting?: boolean;
  /** Filled by the first evaluation against a real set, and read by those that follow. */
  readonly proofs?: SpottingProofs;
  /** CTs that nodules of a conditional generator are inserted into, to be measured there; none where absent. */
  readonly hosts?: readonly ComparisonHost[];
  /** Threads that measure patches; by default one for each core. */
  readonly threads?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((fraction: number, message: string) => void) | undefined;
  /** Milliseconds. */
  readonly now: () => number;
}

export interface GroupsEvaluation extends Measures {
  readonly found: Pick<
    EvaluationResult,
    | ('seed' | 'draws' | 'floorOf' | 'spaces' | 'networks' | 'figures' | 'gates' | 'controls' | 'adherence')
    | ('insertedInto' | 'spotting' | 'memorisedPairs' | 'errors' | 'warnings' | 'seconds')
  >;
  readonly described: {
    readonly real: Described;
    readonly synthetic: Described;
    readonly training: Described | null;
    readonly bad: Described;
  };
  readonly controlGroups: readonly PatchGroup[];
}

/** Parts of the whole that each stage is expected to take. */
const SHARES = { describing: 0.4, measuring: 0.2, spotting: 0.4 };
/** The event loop gets its turn after this long, so that a stop is heard. */
const TURN_MS = 100;

/**
 * The same groups, tools, seed and draws give the same figures. What cannot be measured, for example on a few patches, is
 * a figure that says why.
 *
 * @throws NoduleLabError `invalid-input` for a patch that holds NaN or is constant; `cancelled`: the same call goes on
 */
export async function evaluateGroups(groups: Groups, setup: EvaluationSetup): Promise<GroupsEvaluation> {
  const { tools, seed, draws } = setup;
  const stages = createStages(setup.now, setup.onProgress);
  const turn = turns(setup);
  const bad = groups.bad ?? ellipsoidControl(groups.real, seed, setup.margin);
  const [half, otherHalf] = halvesOf(groups.real, seed);
  const controlGroups =
    setup.controls === false
      ? []
      : await makeControls(
          groups.real,
          groups.training ?? half,
          'made' in bad ? (bad as ControlGroup) : null,
          seed,
        );
  const floor = groups.floor === undefined ? groups.training : groups.floor;

  stages.begin('describing patches', setup.spotting === false ? 0.7 : SHARES.describing);
  const describe = describer(groups, [...controlGroups, bad, floor], setup, stages);
  let measuring: Measuring;
  let described: GroupsEvaluation['described'] & { readonly controls: readonly Described[] };
  try {
    const real = await describe.one(groups.real);
    const synthetic = await describe.one(groups.synthetic);
    const training = groups.training === null ? null : await describe.one(groups.training);
    const other = floor === null ? null : floor === groups.training ? training : await describe.one(floor);
    const ofBad = await describe.one(bad);
    const controls: Described[] = [];
    for (const group of controlGroups) controls.push(group === bad ? ofBad : await describe.one(group));
    described = { real, synthetic, training, bad: ofBad, controls };
    const { spaces, missing } = tools;
    measuring = { real, other, bad: ofBad, subjects: [synthetic, ...controls], spaces, missing, seed, draws };
  } finally {
    await describe.release();
  }

  const inserted = await insertedIn(groups, setup, stages, turn);
  const measures = await measureAll({ ...measuring, inserted: inserted?.sizes }, described.training, {
    ...{ setup, stages, turn },
    shares: setup.spotting === false ? { measuring: 0.3, spotting: 0 } : SHARES,
    halves: () => [half, otherHalf],
    memorised: controlGroups.findIndex(({ name }) => name === 'memorised'),
  });
  const gates = gatesOf(measures.figures[0]!);
  const controls = controlGroups.map((group, index): Control => {
    const figures = measures.figures[index + 1]!;
    const own = gatesOf(figures);
    return { name: group.name, made: group.made, figures, gates: own, caughtBy: failedBy(own) };
  });
  const { spotting, adherence, memorisedPairs } = measures;
  return {
    ...measures,
    found: {
      ...{ seed, draws, gates, controls, adherence, spotting, memorisedPairs },
      floorOf: floorText(measuring),
      spaces: measures.spaces,
      networks:
        tools.attributes === null
          ? []
          : [{ name: tools.attributes.card.name, sha256: tools.attributes.card.weights.sha256 }],
      figures: measures.figures[0]!,
      ...(inserted === null ? {} : { insertedInto: inserted.into }),
      ...doubtsOf(measuring, measures, controls, tools.missing),
      seconds: stages.end(),
    },
    described,
    controlGroups,
  };
}

/** Null where the generator was asked for nothing, or there is no CT to insert into. */
async function insertedIn(
  { real, synthetic }: Groups,
  { hosts = [], outDir, seed }: EvaluationSetup,
  stages: Stages,
  turn: () => Promise<void>,
): Promise<{
  readonly sizes: NonNullable<Measuring['inserted']>;
  readonly into: NonNullable<EvaluationResult['insertedInto']>;
} | null> {
  if (hosts.length === 0 || !wasAsked(synthetic.items)) return null;
  stages.begin('inserting nodules', 0);
  const [own, others] = await insertGroups([synthetic, real], {
    ...{ hosts, seed, turn, workDir: join(outDir, 'work') },
    onProgress: (share, message) => stages.progress(share, message),
  });
  return {
    sizes: { synthetic: own!.sizes, real: others!.sizes },
    into: hosts.map(({ name }, at) => ({
      ...{ host: name, synthetic: own!.counts[at]!, real: others!.counts[at]! },
    })),
  };
}

function halvesOf(real: PatchGroup, seed: number): [PatchGroup, PatchGroup] {
  const clusters = real.items.map(({ cluster }) => cluster);
  const [a, b] = halves(clusters, Random.of('evaluation', 'halves', seed));
  return [partOf(real, `half of ${real.name}`, a), partOf(real, `other half of ${real.name}`, b)];
}

function floorText({ real, other }: Measuring): string {
  const nodules = ({ group: { name, count } }: Described): string => `${count} nodules of ${name}`;
  return other === null
    ? `two halves of the ${nodules(real)}, split by patient`
    : `${nodules(real)} against ${nodules(other)}, of other patients`;
}

function describer(
  { real, synthetic, training }: Groups,
  more: readonly (PatchGroup | null)[],
  { outDir, tools, signal, threads }: EvaluationSetup,
  stages: Stages,
): { one(group: PatchGroup): Promise<Described>; release(): Promise<void> } {
  const groups = new Set([real, synthetic, training, ...more].filter((group) => group !== null));
  const total = [...groups].reduce((sum, { count }) => sum + count, 0);
  const started = startMeasureThreads(threads);
  let before = 0;
  return {
    async one(group) {
      const described = await describeGroup(group, {
        ...{ attributes: tools.attributes, threads: started, signal },
        workDir: join(outDir, 'work'),
        onProgress: (done) =>
          stages.progress((before + done) / total, `describing ${group.name}: ${done} of ${group.count}`),
      });
      before += group.count;
      return described;
    },
    release: () => started.release(),
  };
}

/** Gives way to other work now and then; throws where the evaluation is to stop. */
function turns({ now, signal }: EvaluationSetup): () => Promise<void> {
  let last = now();
  return async () => {
    if (now() - last >= TURN_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      last = now();
    }
    if (signal?.aborted === true)
      throw new NoduleLabError(
        'cancelled',
        'The evaluation was stopped; the same command goes on from there.',
      );
  };
}
