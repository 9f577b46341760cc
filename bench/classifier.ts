/**
 * One update of the classifiers that `nodulelab classify --protocol full` trains, beside the same in PyTorch in the same
 * run, and beside what its convolutions would take at the rate of a large matrix product; and one training of an arm
 * with its parts. One thread each: an experiment trains as many classifiers at once as there are cores.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { classifierInputLength, classifierLayers } from '../server/src/networks/classifierArchitecture.ts';
import { parameterInputs } from '../server/src/nn/learning.ts';
import { readProtocol, type Protocol } from '../server/src/services/classification/protocol.ts';
import { gradient, input, sumAll } from '../server/src/tensor/index.ts';
import { measureArm } from './classifier/armParts.ts';
import { convolutionsOf } from './engine/ceiling.ts';
import { Contender } from './engine/contender.ts';
import { median, type Row } from './row.ts';

export interface ClassifierPlan {
  /** Measured rounds of each contender, after one that is not counted. */
  readonly repeats: number;
  /** Of the training of an arm; undefined: as many as the protocol says. */
  readonly armUpdates: number | undefined;
}
/** Arms of the protocol whose training is measured. */
const ARMS = ['real', 'augmented'];
const UPDATES_A_ROUND = 40;
const PRODUCTS_A_ROUND = 5;
const PRODUCT_EDGE = 1024;

const PYTHON = '/usr/bin/python3';
const FOLDER = join(import.meta.dirname, 'classifier');
type Log = (line: string) => void;

export async function benchClassifier({ repeats, armUpdates }: ClassifierPlan, log: Log): Promise<Row[]> {
  const hasPeer = await promisify(execFile)(PYTHON, ['-c', 'import torch']).then(
    () => true,
    () => false,
  );
  if (!hasPeer) log('PyTorch is not here (Debian: python3-torch): rows without a ratio');
  const protocol = await readProtocol('full');
  const rows = await benchUpdate(protocol, repeats, hasPeer, log);
  for (const name of ARMS) rows.push(await benchArm(protocol, name, armUpdates, log));
  return rows;
}

async function benchUpdate(protocol: Protocol, repeats: number, hasPeer: boolean, log: Log): Promise<Row[]> {
  const { network: architecture, training: plan } = protocol;
  const start = (work: 'updates' | 'products', rounds: number): Promise<Contender>[] => {
    const edge = PRODUCT_EDGE;
    const { batchSize: batch, learningRate } = plan;
    const ours = Contender.start(process.execPath, [join(FOLDER, 'ours.ts')], {
      ...{ work, rounds, architecture, plan, edge },
    });
    const peer = (): Promise<Contender> =>
      Contender.start(PYTHON, [join(FOLDER, 'torch_classifier.py')], {
        ...{ work, rounds, ...architecture, batch, learningRate, edge },
      });
    return hasPeer ? [ours, peer()] : [ours];
  };
  const updating = await Promise.all(start('updates', UPDATES_A_ROUND));
  const multiplying = await Promise.all(start('products', PRODUCTS_A_ROUND));
  const all = [...updating, ...multiplying];
  try {
    // The first round of each fills caches and is not counted.
    for (let round = 0; round <= repeats; round++)
      for (const contender of all) {
        const seconds = await contender.run(round > 0);
        const what = updating.includes(contender) ? 'update' : 'product';
        const note = round === 0 ? ' (not counted)' : '';
        log(`classifier's ${what}, ${contender.name}: ${(1000 * seconds).toFixed(1)} ms${note}`);
      }
  } finally {
    for (const contender of all) contender.end();
  }
  const [ours, peer] = updating.map(({ measured: { name, seconds } }) => ({
    ...{ name, ms: 1000 * median(seconds), seconds },
  }));
  const productSeconds = Math.min(...multiplying.map(({ measured }) => median(measured.seconds)));
  const flopPerSecond = (2 * PRODUCT_EDGE ** 3) / productSeconds;
  const flop = flopOfUpdate(protocol);
  const what = `one update of the classifier, batch ${plan.batchSize}, one thread`;
  return [
    {
      ...{ what, value: ours!.ms, unit: 'ms' },
      ...(peer ? { peer: { name: peer.name, value: peer.ms } } : {}),
      note: `${(1000 / ours!.ms).toFixed(1)} updates/s; ${spreadOf(ours!.seconds)}`,
    },
    {
      ...{ what: `${what}: beside its multiply-adds alone`, value: ours!.ms, unit: 'ms' },
      peer: {
        name: `${(flop / 2e9).toFixed(2)} G at the ${(flopPerSecond / 2e9).toFixed(0)} G/s of a product of ${PRODUCT_EDGE}²`,
        value: (1000 * flop) / flopPerSecond,
      },
    },
  ];
}

/** Of the convolutions forwards and backwards: all else is less than a hundredth. */
function flopOfUpdate({ network: architecture, training: { batchSize } }: Protocol): number {
  const network = classifierLayers(architecture);
  const parameters = parameterInputs(network.parameters);
  const examples = input('input', [batchSize, classifierInputLength(architecture)]);
  const derivatives = gradient(
    sumAll(network.apply(parameters, examples)),
    network.parameters.map(({ name }) => parameters(name)),
  );
  const program = Object.fromEntries(derivatives.map((derivative, i) => [`${i}`, derivative]));
  return convolutionsOf(program).reduce((sum, { flop }) => sum + flop, 0);
}

async function benchArm(
  protocol: Protocol,
  name: string,
  updates: number | undefined,
  log: Log,
): Promise<Row> {
  const training = { ...protocol.training, ...(updates === undefined ? {} : { updates }) };
  const arm = protocol.designs['held-out']!.find((one) => one.name === name)!;
  log(`one training of the arm ${name}, ${training.updates} updates`);
  const parts = await measureArm(arm, { ...protocol, training });
  const share = (part: 'updates' | 'batches' | 'scoring' | 'opening'): string =>
    `${part} ${parts[part].toFixed(2)} s`;
  return {
    what: `one training of the arm ${name}, ${training.updates} updates`,
    ...{ value: parts.whole, unit: 's' },
    note: [share('updates'), share('batches'), share('scoring'), share('opening')].join(', '),
  };
}

const spreadOf = (values: readonly number[]): string =>
  `median of ${values.length}, ${(1000 * Math.min(...values)).toFixed(0)} to ${(1000 * Math.max(...values)).toFixed(0)} ms`;
