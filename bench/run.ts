/**
 * `npm run bench`: prints what was measured and, where a peer is installed, the ratio peer / ours of the same run.
 * `npm run bench -- engine` or `-- insertion` or `-- blending` or `-- archive` or `-- browser` or `-- viewer`
 * or `-- augmentation` or `-- frechet` or `-- evaluation` or `-- classifier` runs one part. `--full` measures the
 * engine as it is used, at the seed's widths with its batch of 16 (half an hour); without it, minutes at a quarter of
 * the widths.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchArchive } from './archive.ts';
import { benchAugmentation } from './augmentation.ts';
import { benchBlending } from './blending.ts';
import { benchBrowserPath } from './browserPath.ts';
import { benchClassifier } from './classifier.ts';
import { benchEngine, FULL, QUICK } from './engine.ts';
import { benchEvaluation } from './evaluation.ts';
import { benchFrechet } from './frechet.ts';
import { benchInsertionPath } from './insertionPath.ts';
import { type Row, tableOf } from './row.ts';
import { benchViewer } from './viewer.ts';

const number = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    // Of the engine's and the classifier's part, for a look at one thing.
    repeats: number,
    batch: number,
    divisor: number,
    samples: number,
  },
});
const wanted = (part: string): boolean => positionals.length === 0 || positionals.includes(part);
const log = (line: string): void => console.error(line);

console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} threads, Node ${process.version}\n`);
const rows: Row[] = [];
if (wanted('insertion')) rows.push(...(await benchInsertionPath(log)));
if (wanted('archive')) rows.push(...(await benchArchive(log)));
if (wanted('blending')) rows.push(...(await benchBlending(log)));
if (wanted('browser')) rows.push(...(await benchBrowserPath()));
if (wanted('viewer')) rows.push(...(await benchViewer()));
if (wanted('augmentation')) rows.push(...(await benchAugmentation(log)));
if (wanted('frechet')) rows.push(...(await benchFrechet(log)));
// With --full at the size that the goal is for; without it a tenth.
if (wanted('evaluation')) rows.push(...(await benchEvaluation(values.full ? 500 : 50, log)));
if (wanted('classifier'))
  rows.push(
    ...(await benchClassifier(
      { repeats: Number(values.repeats ?? 5), armUpdates: values.full ? undefined : 100 },
      log,
    )),
  );
if (wanted('engine')) {
  const plan = values.full ? FULL : QUICK;
  rows.push(
    ...(await benchEngine(
      {
        batch: Number(values.batch ?? plan.batch),
        divisors: values.divisor === undefined ? plan.divisors : [Number(values.divisor)],
        samples: Number(values.samples ?? plan.samples),
        repeats: Number(values.repeats ?? plan.repeats),
      },
      log,
    )),
  );
}
console.log(tableOf(rows));
