import { expect, test } from '@jest/globals';
import type { FeatureSpace } from '../../../server/src/evaluation/featureSpace.ts';
import type { Figure } from '../../../server/src/evaluation/result.ts';
import { Random } from '../../../server/src/nn/random.ts';
import type { Described } from '../../../server/src/services/evaluation/describe/described.ts';
import { distancesIn } from '../../../server/src/services/evaluation/measures/distances.ts';

const NAMES = ['a', 'b', 'c'];
const AS_IT_IS: FeatureSpace = {
  ...{ name: 'as it is', names: NAMES, mean: [0, 0, 0], scale: [1, 1, 1], fixedBy: 'nothing' },
  ...{ constant: [], explained: [1, 1, 1] },
  components: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};
const VIEWS = { patch: AS_IT_IS, nodule: AS_IT_IS };

/** Patches whose radiomics are normal about a mean. */
function described(name: string, count: number, mean: number): Described {
  const random = Random.of('distances', name);
  const ids = Array.from({ length: count }, (_, index) => `${name}/${index}`);
  const item = { spacingMm: 1, diameterMm: 10, characteristics: null, conditions: {} };
  return {
    group: {
      ...{ name, count, size: 1, sha256: 'ab'.repeat(32), patch: async () => new Float32Array(1) },
      items: ids.map((id) => ({ id, cluster: id, ...item })),
    },
    patches: ids.map((id) => {
      const row = NAMES.map(() => mean + random.gaussian());
      return {
        ...{ id, nodule: null, attributes: { patch: null, nodule: null } },
        radiomics: { patch: row, nodule: null },
      };
    }),
    pixels: new Float32Array(0),
  };
}

const positionAt = (count: number, bad: number): Figure =>
  distancesIn(
    {
      real: described('real', count, 0),
      other: described('training', count, 0),
      bad: described('bad', count, bad),
      subjects: [described('synthetic', count, 0.5)],
      spaces: { attributes: VIEWS, radiomics: VIEWS },
      ...{ missing: '', seed: 1, draws: 200 },
    },
    'radiomics',
    'patch',
  ).figures[0]!.find(({ key }) => key.startsWith('position/'))!;

test('a position has an interval where ellipsoids are clearly further away than real nodules', () => {
  const { measured, noInterval } = positionAt(40, 4);
  expect(measured?.interval).not.toBeNull();
  expect(noInterval).toBeUndefined();
});

test('a position on an uncertain scale says why it has no interval', () => {
  const { measured, noInterval } = positionAt(40, 0.2);
  expect(measured).toMatchObject({ interval: null });
  expect(noInterval).toContain('ellipsoids are not further from the real nodules than other real nodules');
});

test('too few patches are counted and told, not measured', () => {
  expect(positionAt(6, 4)).toMatchObject({
    measured: null,
    n: { real: 6, synthetic: 6 },
    notComputed: 'real has 6 patches, and at least 10 are needed',
  });
});
