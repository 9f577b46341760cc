/**
 * Four kinds of lesion, one insertion: the semantics of `nodulelab compare`. The same hosts, the same places, the same
 * diameters for our nodules, Gaussian ellipsoids, cut-and-mix and transplanted real nodules, and all measures side by
 * side. No host is changed and nothing is sent anywhere; whatever ends the process, the same call goes on where it stood.
 */
import { join } from 'node:path';
import type { PatchManifest } from '../../dataset/manifest.ts';
import { readManifest } from '../../dataset/patchFile.ts';
import { clusterBootstrap } from '../../evaluation/bootstrap.ts';
import type { Figure } from '../../evaluation/result.ts';
import type { Detector } from '../../networks/detector.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { requireNoLeak } from '../balance/leakLock.ts';
import { CONDITION_RANGES } from '../../gan/conditions.ts';
import type { BalanceModel } from '../balance/balanceModel.ts';
import type { EvaluationTools } from '../evaluation/tools.ts';
import { ARM_TEXT, ARMS, type Arm } from './arms.ts';
import { COMPARISON_FILE, comparisonSchema, type ArmResult, type Comparison } from './comparisonResult.ts';
import { COMPARISON_PAGE, comparisonPage } from './comparisonPage.ts';
import { spreadOf, tableOf } from './comparisonTable.ts';
import { shareDonors } from './donors.ts';
import { findingsOf } from './findings.ts';
import { openHosts } from './hosts.ts';
import { makePlaces, type MadeHost } from './makePlaces.ts';
import { measureArms } from './measureArms.ts';
import { openRealNodules, type RealNodules } from './realNodules.ts';
import { timeLeft } from './timeLeft.ts';
import { openWorkFolder, type PlaceRecord } from './workFolder.ts';

type ComparedModel = Pick<BalanceModel, 'card' | 'sha256' | 'conditionNames' | 'draw'>;

export interface CompareOptions {
  /** Folders with CT series, or image files. */
  readonly hostPaths: readonly string[];
  /** A set of real nodules of held-out patients, isolated form. */
  readonly realDir: string;
  /** The cut-outs that the set was built from: the boxes of cut-and-mix. */
  readonly vois?: { readonly dir: string; readonly xml?: string | undefined } | undefined;
  /** The set that the generator learned from: it must not share a patient with the real one. */
  readonly trainingDir?: string | undefined;
  readonly model: ComparedModel;
  /** Null where none is at hand: its rows are then empty. */
  readonly detector: Pick<Detector, 'card' | 'score'> | null;
  readonly tools: EvaluationTools;
  readonly outDir: string;
  readonly placesPerHost: number;
  readonly seed: number;
  readonly draws: number;
  readonly researchArchive: boolean;
  /** The user vouches for a model whose split is unknown. */
  readonly unlocked: boolean;
  readonly codeVersion: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number, message: string) => void;
}

/** Fewer places than this give figures that no interval can save. */
const FEW_PLACES = 30;
/** Part of the progress that making the places takes. */
const PLACES_SHARE = 0.5;

/**
 * @throws NoduleLabError `refused` for sets that leak or cannot be transplanted, `unusable` for hosts without lung or
 *   with too few places, `conflict` where the folder belongs to something else, `cancelled` (the same call goes on)
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { signal, seed, model, detector, outDir, placesPerHost, onProgress, now } = options;
  onProgress(0, 'Reading the sets and looking for the hosts');
  const hosts = await openHosts(options.hostPaths, options, signal);
  const real = await openRealNodules(options.realDir, options.vois, signal);
  try {
    const { manifest } = real.file;
    requireNoLeak(options.realDir, manifest, model.card, options.unlocked);
    if (options.trainingDir !== undefined) await requireApart(options.realDir, manifest, options.trainingDir);
    const patients = new Set(hosts.flatMap(({ patientId }) => patientId ?? []));
    const donors = shareDonors(options.realDir, manifest, { hosts: patients, empty: real.empty }, seed);
    const work = await openWorkFolder(
      outDir,
      sha256Of(
        JSON.stringify([
          ...[real.file.sha256, real.boxesFrom, model.sha256, hosts.map(({ key }) => key)],
          ...[detector?.card.weights.sha256 ?? null, placesPerHost, seed, options.codeVersion],
        ]),
      ),
    );
    const clock = (): number => now().getTime();
    const began = clock();
    const placing = timeLeft(clock);
    const made = await makePlaces({
      ...{ hosts, real, donors, placesPerHost, seed, work, signal },
      margin: manifest.softMargin!,
      sampling: { sample: (series, index, diameterMm) => sampleOf(model, series, index, diameterMm) },
      detect: detector === null ? null : (ct, centre, diameterMm) => detector.score(ct, centre, diameterMm),
      onPlace: (done, total, host) =>
        onProgress(
          (PLACES_SHARE * done) / total,
          `place ${done} of ${total} (${host})${placing(done / total)}`,
        ),
    });
    const placed = clock();
    const measuring = timeLeft(clock);
    const { figures, warnings } = await measureArms(made, {
      ...{ work, outDir, manifest, seed, signal, now: clock },
      ...{ tools: options.tools, draws: options.draws, codeVersion: options.codeVersion },
      onProgress: (fraction, message) =>
        onProgress(PLACES_SHARE + (1 - PLACES_SHARE) * fraction, `${message}${measuring(fraction)}`),
    });
    const comparison = comparisonSchema.parse({
      ...{ kind: 'nodulelab-comparison', version: 1, codeVersion: options.codeVersion },
      ...{ finishedAt: now().toISOString(), seed, draws: options.draws, placesPerHost },
      ...resultOf(made, real, options, figures),
      real: realSummary(made, real, donors.ofHosts),
      findings: [],
      warnings: [...warningsOf(made, real, options), ...warnings],
      seconds: { places: (placed - began) / 1000, measures: (clock() - placed) / 1000 },
    });
    const told: Comparison = { ...comparison, findings: findingsOf(tableOf(comparison)) };
    await writeAtomically(join(outDir, COMPARISON_PAGE), [
      new TextEncoder().encode(comparisonPage(told, made)),
    ]);
    await writeJsonAtomically(join(outDir, COMPARISON_FILE), told);
    onProgress(1, 'Compared');
    return told;
  } finally {
    await real.close();
  }
}

/** @throws NoduleLabError `refused` where a patient is in both sets */
async function requireApart(realDir: string, { patches }: PatchManifest, trainingDir: string): Promise<void> {
  const training = await readManifest(trainingDir);
  const learned = new Set(training.patches.flatMap((one) => (one.origin === 'real' ? [one.patientId] : [])));
  const shared = new Set(
    patches.flatMap((one) => (one.origin === 'real' && learned.has(one.patientId) ? [one.patientId] : [])),
  );
  if (shared.size > 0)
    throw new NoduleLabError(
      'refused',
      `${shared.size} patients of ${realDir} are also in the training set ${trainingDir} (${[...shared][0]} is one): transplanted nodules must be of patients that the generator has never seen.`,
      { shared: shared.size },
    );
}

function resultOf(
  made: readonly MadeHost[],
  { boxesFrom, file: { manifest } }: RealNodules,
  { model, detector, draws, seed }: CompareOptions,
  figures: Readonly<Record<Arm, readonly Figure[]>>,
): Pick<Comparison, 'hosts' | 'model' | 'boxesFrom' | 'detector' | 'reference' | 'arms' | 'places'> {
  const records = made.flatMap(({ places }) => places);
  const idOf = (index: number): string => manifest.patches[index]!.id;
  return {
    hosts: made.map(({ name, record }) => ({
      ...{ name, places: record.places.length, ownNodules: record.ownNodules },
    })),
    model: { name: model.card.name, sha256: model.sha256 },
    boxesFrom,
    detector:
      detector === null
        ? null
        : {
            ...{ name: detector.card.name, sha256: detector.card.weights.sha256 },
            ownNodules: spreadOf(made.flatMap(({ record }) => record.ownScores)),
            plainLung: spreadOf(records.map(({ plainLung }) => plainLung)),
          },
    reference:
      'Every arm is held against the reference: other real nodules, of patients who are neither hosts nor among the transplanted ones, inserted at the same places with the same diameters by the same insertion. ' +
      'So place, size, host and insertion are the same on both sides, and what differs is the lesion. The floor is transplanted against reference, real against real; the bad end is the ellipsoids; both by construction (position 0 and 1).',
    arms: ARMS.map((arm) => armOf(arm, records, figures[arm], { draws, seed })),
    places: made.flatMap(({ record, places }, host) =>
      record.places.map((place, number) => {
        const { plainLung, sample, lesions } = places[number]!;
        return {
          ...{ host, place, plainLung, sample, lesions },
          transplanted: idOf(place.transplanted),
          reference: idOf(place.reference),
        };
      }),
    ),
  };
}

function armOf(
  arm: Arm,
  records: readonly PlaceRecord[],
  figures: readonly Figure[],
  { draws, seed }: Pick<CompareOptions, 'draws' | 'seed'>,
): ArmResult {
  const lesions = records.map((record) => record.lesions[arm]);
  const names = lesions[0]?.checks.map(({ name, unit }) => ({ name, unit })) ?? [];
  const scores = lesions.flatMap(({ detector }) => detector ?? []);
  return {
    ...{ arm, ...ARM_TEXT[arm], figures: [...figures] },
    shown: lesions.filter((lesion) => lesion.shown).length,
    checks: names.map(({ name, unit }) => {
      const found = lesions.map(({ checks }) => checks.find((check) => check.name === name)!);
      const counted = (verdict: string): number => found.filter((check) => check.verdict === verdict).length;
      return {
        ...{ name, unit, values: spreadOf(found.map(({ value }) => value)) },
        verdicts: {
          ...{ good: counted('good'), fair: counted('fair') },
          ...{ bad: counted('bad'), unknown: counted('unknown') },
        },
      };
    }),
    passed: lesions.filter(({ checks }) => checks.every(({ verdict }) => verdict !== 'bad')).length,
    detector:
      scores.length === 0
        ? null
        : {
            values: spreadOf(scores),
            mean: clusterBootstrap({
              clusters: [scores.map((_, place) => String(place))],
              statistic: ([rows]) => rows!.reduce((sum, row) => sum + scores[row]!, 0) / rows!.length,
              ...{ draws, seed: `compare detector ${seed}` },
            }),
            found: scores.filter((score) => score >= 0.5).length,
            n: scores.length,
          },
  };
}

function realSummary(
  made: readonly MadeHost[],
  { file, empty }: RealNodules,
  ofHosts: number,
): Comparison['real'] {
  const places = made.flatMap(({ record }) => record.places);
  const different = (kind: 'transplanted' | 'reference'): number =>
    new Set(places.map((place) => place[kind])).size;
  return {
    ...{ sha256: file.sha256, count: file.count, ofHosts, empty: empty.size },
    ...{ transplanted: different('transplanted'), reference: different('reference') },
  };
}

function warningsOf(
  made: readonly MadeHost[],
  { boxesFrom }: RealNodules,
  { detector, model }: CompareOptions,
): string[] {
  const places = made.flatMap(({ record }) => record.places);
  const unmarked = made.filter(({ record }) => record.ownNodules === null);
  const different = new Set(places.map(({ transplanted }) => transplanted)).size;
  return [
    ...(places.length < FEW_PLACES
      ? [
          `${places.length} places: below about ${FEW_PLACES} intervals are wide and most measures cannot tell the arms apart. Give more hosts or more --places.`,
        ]
      : []),
    ...(made.length < 10
      ? [
          `${made.length} ${made.length === 1 ? 'host' : 'hosts'}: intervals are over nodules and places, so they say little about scans of another kind than these.`,
        ]
      : []),
    ...(different < places.length
      ? [`${different} different real nodules stand at ${places.length} places: some stand at several.`]
      : []),
    ...unmarked.map(
      ({ name }) =>
        `${name}: nobody marked its own nodules, so only the guard, which refuses soft tissue, keeps places away from them.`,
    ),
    ...(boxesFrom === 'isolated patches'
      ? [
          'Without --vois the boxes of cut-and-mix hold the constant ground of the set, not lung: they look worse than cut-and-mix has to.',
        ]
      : []),
    ...(detector === null ? ['There is no detector here: its rows are empty.'] : []),
    ...(model.card.split === undefined ? [`Whom ${model.card.name} was trained on is not recorded.`] : []),
  ];
}

/** A model that can be asked for the size of the lesion is: the other arms know it too. */
async function sampleOf(
  { conditionNames, draw }: ComparedModel,
  seed: number,
  index: number,
  diameterMm: number,
): Promise<Float32Array> {
  const [least, most] = CONDITION_RANGES.diameter;
  const diameter = Math.min(most, Math.max(least, diameterMm));
  return (await draw(seed, index, conditionNames.includes('diameter') ? { diameter } : {})).hu;
}
