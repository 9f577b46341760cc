/**
 * The whole experiment: sets, samples, locked folds, trainings, figures and report. Everything that is done is kept below
 * the output folder, and the same command goes on where it was broken off.
 */
import { join } from 'node:path';
import { openSource, type SourceOptions } from '../../dataset/openSource.ts';
import type { NoduleSource } from '../../dataset/source.ts';
import type { EngineChoice } from '../../engine/registry.ts';
import type { ClassificationResult } from '../../evaluation/classification/result.ts';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { BalanceModel } from '../balance/balanceModel.ts';
import { timeLeft } from '../comparison/timeLeft.ts';
import { judgeDesign, type JudgedDesign } from './designResult.ts';
import { requireEnough } from './examples.ts';
import { holdFolder } from './experimentFolder.ts';
import type { Folds } from './folds.ts';
import { gatherLesions } from './lesions.ts';
import { lockedFolds } from './lockedFolds.ts';
import { realNodules, type RealNodule } from './nodules.ts';
import { notesOn } from './notes.ts';
import { poolSizes, trainingTasks } from './plan.ts';
import { DESIGNS, needsGenerator, protocolHash, type Protocol, type RuleName } from './protocol.ts';
import { realSets, sampleSets, type KnownSet, type LazySource } from './sets.ts';
import { probesOf, type TrainingRecord, type TrainingTask } from './training.ts';
import { keptRecord, requireOwnRecords, runTrainings } from './trainings.ts';
import { writeReport } from './writeReport.ts';

export interface ClassifyRequest {
  readonly protocol: Protocol;
  readonly source: SourceOptions;
  /** Needed where an arm of the protocol asks for samples. */
  readonly model: BalanceModel | null;
  readonly outDir: string;
  /** Trainings side by side, one thread each. */
  readonly workers: number;
  readonly engine: EngineChoice;
  /** Only figures and report of what is done already. */
  readonly reportOnly: boolean;
  /** The user vouches for a generator whose split is not known. */
  readonly unlocked: boolean;
  readonly codeVersion: string;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (fraction: number, message: string) => void;
}

/** A rule with all that is trained on under it. */
interface RuleWork {
  readonly rule: RuleName;
  readonly real: readonly [KnownSet, KnownSet];
  readonly samples: readonly KnownSet[];
  readonly nodules: readonly RealNodule[];
  readonly folds: readonly Folds[];
  readonly tasks: readonly TrainingTask[];
}

/** Parts of the whole that the sets and samples of all rules take, for the progress. */
const PREPARED = 0.03;

/**
 * @throws NoduleLabError `refused` where a tested patient may have been seen, `cancelled`, `unusable` for sources that the
 *   protocol cannot be run on
 */
export async function classify(request: ClassifyRequest): Promise<ClassificationResult> {
  const { protocol, outDir, model, reportOnly } = request;
  const needing = Object.values(protocol.designs).flatMap((arms) => arms.filter(needsGenerator));
  if (needing.length > 0 && model === null)
    throw new NoduleLabError(
      'unusable',
      `The arm ${needing[0]!.name} needs a generator and there is none: name one with --model.`,
    );
  const { rules, leftOut } = rulesOf(request);
  if (reportOnly) return experiment(request, rules, leftOut);
  const folder = await holdFolder(outDir);
  try {
    return await experiment(request, rules, leftOut);
  } finally {
    await folder.release();
  }
}

/** Does what is not done, where that is asked for, and reports on what is. */
async function experiment(
  request: ClassifyRequest,
  rules: readonly RuleName[],
  leftOut: readonly string[],
): Promise<ClassificationResult> {
  const { protocol, outDir, reportOnly, signal, now } = request;
  let opened: Promise<NoduleSource> | undefined;
  const source: LazySource = {
    options: request.source,
    open() {
      tellPrepared(request, 0, 'opening the source');
      return (opened ??= openSource(request.source));
    },
  };
  const works: RuleWork[] = [];
  for (const [i, rule] of rules.entries()) {
    const share = PREPARED / rules.length;
    works.push(
      await prepare(rule, source, request, (part, message) =>
        tellPrepared(request, (i + part) * share, message),
      ),
    );
  }
  if (!reportOnly) {
    await requireOwnRecords(
      outDir,
      works.flatMap(({ tasks }) => tasks),
    );
    await writeJsonAtomically(join(outDir, 'protocol.json'), protocol);
    await trainAll(works, request);
  }
  signal?.throwIfAborted();
  request.onProgress?.(1, 'figures and report');
  const judged = await Promise.all(works.map((work) => judge(work, request)));
  const result = resultOf(request, works, judged, leftOut, now());
  if (result.trainings.done === 0)
    throw new NoduleLabError(
      'not-found',
      `No training of the protocol ${protocol.name} is done in ${outDir}: name the protocol, source and generator that it was begun with, or run the command without --report-only.`,
    );
  await writeReport(outDir, result);
  return result;
}

const tellPrepared = ({ onProgress }: ClassifyRequest, fraction: number, message: string): void =>
  onProgress?.(fraction, message);

function rulesOf({ protocol, source }: ClassifyRequest): { rules: RuleName[]; leftOut: string[] } {
  const hasTable = source.kind === 'vois';
  const rules = protocol.rules.filter((rule) => rule !== 'table' || hasTable);
  if (rules.length === 0)
    throw new NoduleLabError(
      'unusable',
      'The protocol asks for the label of the table of cut-outs only, and this source has none: give --vois, or a protocol with the rule median.',
    );
  const leftOut =
    rules.length === protocol.rules.length
      ? []
      : ['The rule table was left out: only a table of nodule cut-outs (--vois) brings a label of its own.'];
  return { rules, leftOut };
}

async function prepare(
  rule: RuleName,
  source: LazySource,
  request: ClassifyRequest,
  onProgress: (share: number, message: string) => void,
): Promise<RuleWork> {
  const { protocol, model, outDir, signal, unlocked, reportOnly } = request;
  const common = { outDir, signal, reportOnly };
  const real = await realSets(rule, source, model, {
    ...common,
    onProgress: (share, message) => onProgress(share / 2, message),
  });
  const nodules = realNodules(real.map(({ manifest }) => manifest));
  const designs = DESIGNS.filter((design) => protocol.designs[design] !== undefined);
  const folds: Folds[] = [];
  for (const design of designs) {
    const train = real[0].manifest;
    folds.push(
      await lockedFolds({
        ...{ rule, design, protocol, nodules, train, model, unlocked, outDir, reportOnly },
      }),
    );
  }
  const wanted = poolSizes(protocol, folds, nodules);
  const samples =
    model === null
      ? []
      : await sampleSets(rule, real, model, wanted, unlocked, {
          ...common,
          onProgress: (share, message) => onProgress(0.5 + share / 2, message),
        });
  const tasks = trainingTasks({ protocol, folds, realSets: real, samples });
  return { rule, real, samples, nodules, folds, tasks };
}

/** Rule after rule, and under each seed after seed: what is done at any time is as many whole seeds of a rule as possible. */
async function trainAll(works: readonly RuleWork[], request: ClassifyRequest): Promise<void> {
  const { protocol, outDir, workers, engine, signal, onProgress, now } = request;
  const total = works.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const left = timeLeft(() => now().getTime());
  let before = 0;
  for (const { rule, real, samples, tasks, folds } of works) {
    const open: TrainingTask[] = [];
    for (const task of tasks) if ((await keptRecord(outDir, task)) === undefined) open.push(task);
    before += tasks.length - open.length;
    if (open.length === 0) continue;
    const tell = (done: number): void => {
      const share = (before + done) / total;
      onProgress?.(
        PREPARED + (1 - PREPARED) * share,
        `${rule} rule: training ${Math.floor(before + done)} of ${total}${left(share)}`,
      );
    };
    tell(0);
    const ellipsoids = folds.some(({ design }) =>
      protocol.designs[design]?.some((arm) => 'source' in arm && arm.source === 'ellipsoids'),
    );
    const lesions = await gatherLesions({
      realDirs: real.map(({ dir }) => dir),
      syntheticDirs: samples.map(({ dir }) => dir),
      ...{ ellipsoids, size: protocol.network.size, signal },
    });
    for (const { arm, design, parts } of open) {
      const trained = new Set(parts.train);
      requireEnough({
        ...{ arm, lesions, seed: parts.seed, fold: parts.fold },
        train: lesions.real.filter(({ patient }) => trained.has(patient)),
        probes: probesOf(protocol, design),
      });
    }
    await runTrainings({
      ...{ outDir, tasks: open, lesions, protocol, engine, workers, signal },
      onProgress: tell,
    });
    before += open.length;
  }
}

interface Judged {
  readonly designs: readonly JudgedDesign[];
  readonly records: readonly TrainingRecord[];
}

/** Of the seeds of which every training of the design is done. */
async function judge(
  { folds, tasks, nodules }: RuleWork,
  { protocol, outDir }: ClassifyRequest,
): Promise<Judged> {
  const records = new Map<TrainingTask, TrainingRecord>();
  for (const task of tasks) {
    const record = await keptRecord(outDir, task);
    if (record !== undefined) records.set(task, record);
  }
  const designs = folds.flatMap((own): JudgedDesign[] => {
    const of = tasks.filter(({ design }) => design === own.design);
    const seeds = protocol.seeds.filter((seed) =>
      of.every((task) => task.parts.seed !== seed || records.has(task)),
    );
    if (seeds.length === 0) return [];
    const done = of.flatMap((task) => (seeds.includes(task.parts.seed) ? [records.get(task)!] : []));
    return [judgeDesign({ protocol, folds: own, nodules, records: done, seeds })];
  });
  return { designs, records: [...records.values()] };
}

function resultOf(
  { protocol, model, codeVersion }: ClassifyRequest,
  works: readonly RuleWork[],
  judged: readonly Judged[],
  leftOut: readonly string[],
  finishedAt: Date,
): ClassificationResult {
  const records = judged.flatMap((one) => one.records);
  return {
    kind: 'nodulelab-classification',
    version: 1,
    codeVersion,
    finishedAt: finishedAt.toISOString(),
    protocol: {
      name: protocol.name,
      sha256: protocolHash(protocol),
      json: JSON.stringify(protocol, null, 2),
    },
    generator: model && { name: model.card.name, sha256: model.sha256, splitSha256: model.card.splitSha256 },
    sets: works.flatMap(({ rule, real, samples }) =>
      [...real, ...samples].map(({ manifest }) => ({
        name: `${rule} rule, ${manifest.sampled === undefined ? `real, ${manifest.fold} fold` : `samples, ${manifest.class}`}`,
        sha256: manifest.patchesSha256,
        count: manifest.count,
      })),
    ),
    trainings: { done: records.length, total: works.reduce((sum, { tasks }) => sum + tasks.length, 0) },
    computeHours: records.reduce((sum, { seconds }) => sum + seconds, 0) / 3600,
    rules: works.map(({ rule, real: [train] }) => ({
      rule,
      text: train.manifest.cancerRule.text,
      counts: train.manifest.cancerRule.counts,
    })),
    designs: judged.flatMap(({ designs }) => designs.map(({ result }) => result)),
    notes: [...leftOut, ...notesOn(protocol, works, model)],
    errors: judged.flatMap(({ designs }) => designs.flatMap(({ errors }) => errors)),
  };
}
