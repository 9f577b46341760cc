/** Our contender for bench/frechet.ts. Same argument and answer as scipy_frechet.py. */
import { readFileSync } from 'node:fs';
import { frechetDistance } from '../../server/src/evaluation/frechet.ts';
import type { Rows } from '../../server/src/evaluation/rows.ts';
import type { ContenderConfig, Measured } from '../frechet.ts';

const { a, b, dimension, warmUp, count } = JSON.parse(process.argv[2] ?? '') as ContenderConfig;
const read = (path: string): Rows => {
  const values = new Float64Array(new Uint8Array(readFileSync(path)).buffer);
  return { count: values.length / dimension, dimension, values };
};
const [one, other] = [read(a), read(b)];

for (let i = 0; i < warmUp; i++) frechetDistance(one, other);
const seconds: number[] = [];
const before = process.cpuUsage();
let distance = 0;
for (let i = 0; i < count; i++) {
  const began = performance.now();
  distance = frechetDistance(one, other);
  seconds.push((performance.now() - began) / 1000);
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, distance } satisfies Measured));
