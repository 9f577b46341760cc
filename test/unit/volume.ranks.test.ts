import { expect, test } from '@jest/globals';
import { Random } from '../../server/src/nn/random.ts';
import { Ranks } from '../../server/src/volume/ranks.ts';

test('order statistics are those of the sorted values, ties and all', () => {
  const random = Random.of('ranks');
  for (const values of [
    Float32Array.from({ length: 5000 }, () => random.gaussian()),
    Float32Array.from({ length: 500 }, () => random.integer(7)),
    Float32Array.of(-870, -870, -870),
    // All in one bin but for one value far away.
    Float32Array.from({ length: 300 }, (_, n) => (n === 9 ? 1e6 : random.uniform())),
  ]) {
    const sorted = values.slice().sort();
    const ranks = new Ranks(values);
    for (let n = 0; n < 50; n++) {
      const rank = random.integer(values.length);
      expect(ranks.at(rank)).toBe(sorted[rank]);
      const limit = n % 2 === 0 ? sorted[rank]! : sorted[rank]! + 0.01;
      expect(ranks.upTo(limit)).toBe(sorted.filter((value) => value <= limit).length);
    }
    expect(ranks.upTo(-1e9)).toBe(0);
    expect(ranks.upTo(1e9)).toBe(values.length);
  }
});
