/**
 * `npm run bench`: prints seconds and, where a peer is installed, the ratio peer / ours measured in the same run.
 * `npm run bench -- engine` or `-- insertion` or `-- browser` runs one part; `--full` takes the seed's batch of 16 (minutes an update).
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchBrowserPath } from './browserPath.ts';
import { benchEngine } from './engine.ts';
import { benchInsertionPath } from './insertionPath.ts';
import type { Row } from './row.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } },
});
const wanted = (part: string): boolean => positionals.length === 0 || positionals.includes(part);

console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} threads, Node ${process.version}\n`);
const rows: Row[] = [];
if (wanted('insertion')) rows.push(...(await benchInsertionPath((line) => console.error(line))));
if (wanted('browser')) rows.push(...(await benchBrowserPath()));
if (wanted('engine')) rows.push(...(await benchEngine({ full: values.full })));

const width = Math.max(...rows.map(({ what }) => what.length));
for (const { what, seconds, peer, note } of rows)
  console.log(
    [
      what.padEnd(width),
      `${seconds.toFixed(3)} s`.padStart(12),
      peer ? `${peer.name} ${peer.seconds.toFixed(3)} s, ${(peer.seconds / seconds).toFixed(2)}× ours` : '',
      note ?? '',
    ]
      .filter(Boolean)
      .join('  '),
  );
