/** Trains the attribute network, judges it on patients that it has not seen, and writes it with its card and its spaces. */
import type { Engine } from '../../engine/engine.ts';
import type { SupervisedMeasures } from '../../nn/supervised.ts';
import { runTraining, type EndReason, type LoopEvent } from '../../nn/trainingLoop.ts';
import { attributeLayers } from '../../networks/attributeArchitecture.ts';
import type { ShownNodule } from '../../networks/attributeExamples.ts';
import { attributeReader, type AttributeReader } from '../../networks/attributeNetwork.ts';
import {
  architectureFor,
  ATTRIBUTE_SHAPE,
  attributeTrainee,
  type AttributePlan,
} from '../../networks/attributeTraining.ts';
import { NETWORK_WEIGHTS_FILE, type NetworkCard } from '../../networks/networkCard.ts';
import {
  constantParameters,
  decodeWeights,
  encodeWeights,
  writeNetworkFolder,
} from '../../networks/networkFolder.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { attributeFaults } from './attributeFaults.ts';
import { attributeFigures, type JudgedReading } from './attributeFigures.ts';
import { openAttributeSets, type AttributeSets } from './attributeSets.ts';
import { readReaderRatings } from './readerRatings.ts';
import { fitSpaces, SPACES_FILE } from './spaces.ts';

export interface TrainAttributesOptions {
  /** Folders of sets of the train fold. */
  readonly sets: readonly string[];
  /** Of the same split's test fold, to be judged on; without them the card has no figures. */
  readonly heldOut: readonly string[];
  /** Cut-outs and XML of the readers, for what one reader agrees with another. */
  readonly readers?: { readonly vois: string; readonly xml: string };
  readonly outDir: string;
  /** Folder of checkpoints; a training that was stopped goes on from the newest. */
  readonly checkpoints: string;
  readonly resume: boolean;
  readonly plan: AttributePlan;
  readonly shape?: Parameters<typeof architectureFor>[1];
  readonly name: string;
  readonly license: string;
  /** Further known faults, besides those that the figures show. */
  readonly faults: readonly string[];
  readonly codeVersion: string;
  readonly engine: Engine;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: LoopEvent<SupervisedMeasures>) => void | Promise<void>;
  /** What comes after the training: the share that is done, and what it is. */
  readonly onProgress?: (share: number, what: string) => void;
}

/** Draws of the bootstrap behind the card's intervals. */
const DRAWS = 1000;

/** @returns the card, null where the training was stopped before its end */
export async function trainAttributes(
  options: TrainAttributesOptions,
): Promise<{ readonly card: NetworkCard | null; readonly reason: EndReason }> {
  const { heldOut: heldOutDirs, plan, engine, clock, signal, onProgress } = options;
  const sets = await openAttributeSets(options.sets, 'train');
  let heldOut: AttributeSets | null = null;
  try {
    if (heldOutDirs.length > 0) heldOut = await openAttributeSets(heldOutDirs, 'test');
    if (heldOut !== null && heldOut.manifest.split.sha256 !== sets.manifest.split.sha256)
      throw new NoduleLabError(
        'refused',
        `${heldOutDirs[0]} and ${options.sets[0]} are split in different ways: patients of the one may be in the training of the other.`,
      );
    const architecture = architectureFor(sets.shown, options.shape ?? ATTRIBUTE_SHAPE);
    const { state, reason } = await runTraining({
      trainee: attributeTrainee(sets.shown, architecture, plan, {
        data: sets.files.map(({ sha256 }) => sha256).join(' '),
        ...{ engine, clock },
      }),
      folder: options.checkpoints,
      resume: options.resume,
      ...{ clock, checkpointMinutes: 3 },
      ...(signal ? { signal } : {}),
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    });
    if (reason !== 'complete') return { card: null, reason };

    const specs = attributeLayers(architecture).parameters;
    const weights = encodeWeights(specs, state.values, 'F16');
    // Judged and fitted with the weights as they are shipped, rounded to halves.
    const shipped = decodeWeights(Buffer.concat(weights), specs, NETWORK_WEIGHTS_FILE);
    const reader = await attributeReader(architecture, constantParameters(specs, shipped), engine);
    try {
      onProgress?.(0, 'judging it on held-out patients');
      const judged = heldOut === null ? [] : await judge(heldOut.shown, reader, signal);
      const { readers } = options;
      const ids = new Set(judged.map(({ nodule }) => nodule.id));
      const ratings = readers === undefined ? null : await readReaderRatings(readers.vois, readers.xml, ids);
      const figures =
        judged.length === 0 ? [] : attributeFigures(judged, ratings, { draws: DRAWS, seed: plan.seed });
      const spaces = await fitSpaces(sets.shown, reader, {
        signal,
        onProgress: (share) => onProgress?.(share, 'fixing the directions in which sets are compared'),
      });
      const card = await writeNetworkFolder(
        options.outDir,
        weights,
        (sha256) => ({
          ...{ format: 1, kind: 'attributes', name: options.name },
          ...provenance(sets),
          ...{ codeVersion: options.codeVersion, license: options.license },
          weights: { file: NETWORK_WEIGHTS_FILE, sha256, type: 'F16' },
          architecture: { ...architecture },
          training: {
            seed: plan.seed,
            examples: sets.shown.length,
            updates: state.counters.update,
            seconds: Math.round(state.counters.seconds),
          },
          figures,
          faults: [...attributeFaults(sets, figures), ...options.faults],
        }),
        (sha256) => ({ [SPACES_FILE]: { format: 1, weightsSha256: sha256, spaces } }),
      );
      return { card, reason };
    } finally {
      await reader.release();
    }
  } finally {
    await sets.close();
    await heldOut?.close();
  }
}

async function judge(
  shown: readonly ShownNodule[],
  reader: AttributeReader,
  signal: AbortSignal | undefined,
): Promise<JudgedReading[]> {
  const judged: JudgedReading[] = [];
  for (const { nodule, views } of shown) {
    signal?.throwIfAborted();
    const patches = await Promise.all(
      views.map(async (view) => ({ size: view.size, spacingMm: view.spacingMm, values: await view.patch() })),
    );
    for (const reading of await reader.describe(patches)) judged.push({ nodule, reading });
  }
  return judged;
}

function provenance({
  files,
  manifest,
  shown,
}: AttributeSets): Pick<
  NetworkCard,
  'data' | 'datasetSha256' | 'split' | 'trainingPatients' | 'fieldOfView' | 'softMargins'
> {
  const patients = new Set(shown.map(({ nodule }) => nodule.patientId)).size;
  const fields = new Set(files.map((file) => JSON.stringify(file.manifest.fieldOfView)));
  const { seed, folds, testPatients, sha256 } = manifest.split;
  return {
    data:
      `${shown.length} real nodules of ${patients} patients of the training fold, ${manifest.form}, ` +
      `in ${files.length} ${files.length === 1 ? 'set' : 'sets that show the same nodules'}; targets are the medians of the readers. ` +
      'No patient of the test fold was seen.',
    datasetSha256: files.map((file) => file.sha256),
    split: { ...{ seed, folds, testPatients, sha256 }, fold: 'train' },
    trainingPatients: patients,
    fieldOfView: fields.size === 1 ? manifest.fieldOfView : null,
    softMargins: files.flatMap((file) => file.manifest.softMargin ?? []),
  };
}
