import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import { ATTRIBUTE_PLAN } from '../../networks/attributeTraining.ts';
import type { NetworkCard } from '../../networks/networkCard.ts';
import { trainDetector } from '../../services/networks/trainDetector.ts';
import type { SupervisedMeasures } from '../../nn/supervised.ts';
import type { LoopEvent } from '../../nn/trainingLoop.ts';
import { listNetworks } from '../../services/networks/listNetworks.ts';
import { measureOnCts } from '../../services/networks/measureOnCts.ts';
import { trainAttributes } from '../../services/networks/trainAttributes.ts';
import type { CommandContext } from '../context.ts';
import { engineOption, integer, positive, UsageError } from '../options.ts';
import { table, type Output } from '../output.ts';
import { networkRoots, openModels, VERSION } from '../runtime.ts';

const LIDC_LICENSE = 'trained on LIDC-IDRI (CC BY 3.0), DOI 10.7937/K9/TCIA.2015.LO9QL9SX';

export function registerNetworks(program: Command, context: () => CommandContext): void {
  const networks = program.command('networks').description('networks that measure: list, train');
  networks
    .command('list')
    .description('the networks that are here, with what they are worth')
    .action(() => list(context()));
  // Commander shows options of the nearest command: one command for each kind.
  const train = networks.command('train').description('train a network that measures');
  common(train.command('attributes'))
    .description('what readers say of a nodule, from a patch: characteristics, diameter, class')
    .requiredOption('--dataset <dir...>', 'sets of the train fold; several may show the same nodules')
    .option('--held-out <dir...>', "sets of the same split's test fold, to be judged on", [])
    .option('--learning-rate <number>', 'at the begin; it falls to 0', positive, ATTRIBUTE_PLAN.learningRate)
    .option('--batch-size <number>', 'patches of a batch', integer(1, 1024), ATTRIBUTE_PLAN.batchSize)
    .option('--fault <text...>', 'known faults, one sentence each', [])
    .option('--vois <dir>', 'with --xml: cut-outs of the held-out nodules, for how far readers agree')
    .option('--xml <dir>', "the readers' XML")
    .action((options: AttributesOptions) => trainAttributeNetwork(context(), options));
  common(train.command('detector'))
    .description('nodule or not, from a place in a CT')
    .requiredOption('--vois <dir>', 'cut-outs: image/, mask/, nodules.csv')
    .option('--xml <dir>', "the readers' XML, for their consensus")
    .option('--ct <dir...>', 'LIDC folders with whole CTs of the test fold, to be judged on too', [])
    .action((options: DetectorOptions) => trainDetectorNetwork(context(), options));
}

const common = (command: Command): Command =>
  command
    .requiredOption('--out <dir>', 'folder of the network')
    .option('--checkpoints <dir>', 'by default <data>/networks/<name of the folder>')
    .option('--no-resume', 'refuse checkpoints instead of going on from the newest')
    .option('--seed <number>', 'of weights, order and augmentation', integer(0, 2 ** 31 - 1), 1)
    .option('--updates <number>', 'steps in all', integer(1))
    .option('--name <name>', 'by default that of the folder')
    .option('--license <text>', 'terms of the weights', LIDC_LICENSE)
    .addOption(engineOption())
    .option('--threads <number>', 'threads of the engine; one per core by default', integer(1, 256));

interface CommonOptions {
  readonly out: string;
  readonly checkpoints?: string;
  readonly resume: boolean;
  readonly seed: number;
  readonly updates?: number;
  readonly name?: string;
  readonly license: string;
  readonly engine: EngineChoice;
  readonly threads?: number;
}
interface AttributesOptions extends CommonOptions {
  readonly dataset: string[];
  readonly heldOut: string[];
  readonly learningRate: number;
  readonly batchSize: number;
  readonly fault: string[];
  readonly vois?: string;
  readonly xml?: string;
}
interface DetectorOptions extends CommonOptions {
  readonly vois: string;
  readonly xml?: string;
  readonly ct: string[];
}

async function list({ dataDir, output }: CommandContext): Promise<void> {
  const found = await listNetworks(networkRoots(dataDir));
  output.result(
    { networks: found },
    found.length === 0
      ? 'There is no network: train one with nodulelab networks train.'
      : table(
          ['name', 'kind', 'patients', 'updates', 'figures', 'weights'],
          found.map(({ card }) => [
            card.name,
            card.kind,
            String(card.trainingPatients),
            String(card.training.updates),
            String(card.figures.length),
            card.weights.sha256.slice(0, 12),
          ]),
        ),
  );
}

async function trainAttributeNetwork(context: CommandContext, options: AttributesOptions): Promise<void> {
  const { vois, xml, seed, learningRate, batchSize, updates = ATTRIBUTE_PLAN.updates } = options;
  if ((vois === undefined) !== (xml === undefined))
    throw new UsageError(
      '--vois and --xml belong together: the cut-outs say which marks of the XML are meant',
    );
  const { output } = context;
  await withEngine(context, options, async (places) =>
    trainAttributes({
      ...places,
      ...(vois === undefined || xml === undefined
        ? {}
        : { readers: { vois: resolve(vois), xml: resolve(xml) } }),
      sets: options.dataset.map((dir) => resolve(dir)),
      heldOut: options.heldOut.map((dir) => resolve(dir)),
      plan: { seed, learningRate, batchSize, updates },
      faults: options.fault,
      onEvent: (event) => tell(output, event),
      onProgress: (share, what) => output.progress(Math.min(0.999, share), what),
    }),
  );
}

async function trainDetectorNetwork(context: CommandContext, options: DetectorOptions): Promise<void> {
  const { vois, xml, ct, seed, updates } = options;
  const { output, dataDir } = context;
  await withEngine(context, options, async (places) =>
    trainDetector({
      ...places,
      vois: resolve(vois),
      ...(xml === undefined ? {} : { xml: resolve(xml) }),
      ...(updates === undefined ? {} : { updates }),
      seed,
      onEvent: (event) => tell(output, event),
      ...(ct.length === 0
        ? {}
        : {
            measure: (detector) => {
              const paths = ct.map((dir) => resolve(dir));
              return measureOnCts(detector, paths, openModels(dataDir, places.engine), seed, places.signal);
            },
          }),
    }),
  );
}

/** What both kinds of training need; prints what came of it. */
async function withEngine(
  { dataDir, output, signal }: CommandContext,
  options: CommonOptions,
  run: (places: {
    outDir: string;
    checkpoints: string;
    resume: boolean;
    name: string;
    license: string;
    codeVersion: string;
    engine: Awaited<ReturnType<typeof openEngine>>['engine'];
    clock: () => number;
    signal: AbortSignal;
  }) => Promise<{ card: NetworkCard | null; reason: string }>,
): Promise<void> {
  const { threads, resume, license } = options;
  const outDir = resolve(options.out);
  const checkpoints = resolve(options.checkpoints ?? join(dataDir, 'networks', basename(outDir)));
  const { engine, reason } = await openEngine(options.engine, threads === undefined ? {} : { threads });
  output.note(`Engine ${engine.name}: ${reason}`);
  const result = await run({
    ...{ outDir, checkpoints, resume, license, engine, signal },
    name: options.name ?? basename(outDir),
    codeVersion: VERSION,
    clock: () => performance.now(),
  });
  const { card } = result;
  output.result(
    { folder: outDir, checkpoints, reason: result.reason, card },
    card === null
      ? `Stopped (${result.reason}); the same command goes on from ${checkpoints}`
      : [
          `${card.name} in ${outDir}: ${card.data}`,
          figuresTable(card),
          ...card.faults.map((fault) => `Known fault: ${fault}`),
        ].join('\n'),
  );
}

const number = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

const figuresTable = ({ figures }: NetworkCard): string =>
  figures.length === 0
    ? 'No figures: it was judged on no held-out set.'
    : table(
        ['held-out patients', 'value', 'interval', 'readers', 'n'],
        figures.map(({ what, value, interval, ceiling, n }) => [
          what,
          number(value),
          interval === null ? '–' : interval.map(number).join(' to '),
          number(ceiling),
          String(n),
        ]),
      );

function tell(output: Output, event: LoopEvent<SupervisedMeasures>): void {
  switch (event.type) {
    case 'stage':
      if (event.resumedFrom !== undefined)
        output.note(`Goes on from ${event.resumedFrom.file}, update ${event.counters.update}`);
      break;
    case 'progress': {
      const { counters, measures, times, secondsLeft } = event;
      const left = secondsLeft ?? 0;
      output.progress(
        Math.min(0.999, counters.update / (counters.update + left / Math.max(times.secondsPerUpdate, 1e-9))),
        `update ${counters.update}: loss ${measures.loss.toFixed(3)}, ${times.secondsPerUpdate.toPrecision(3)} s/update, ` +
          `${Math.round(left / 60)} min left`,
      );
      break;
    }
    case 'checkpoint':
      output.note(`Checkpoint at update ${event.counters.update}: ${event.checkpoint.sha256.slice(0, 12)}`);
      break;
    case 'finished':
      break;
    default:
      event satisfies never;
  }
}
