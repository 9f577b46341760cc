import { describe, expect, test } from '@jest/globals';
import { failedBy, GATE_NAMES, gatesOf } from '../../../server/src/evaluation/gates.ts';
import type { Figure, Gate } from '../../../server/src/evaluation/result.ts';
import { estimate, figure, goodExcept, goodFigures } from '../../support/evaluationFigures.ts';

const gate = (figures: readonly Figure[], name: string): Gate =>
  gatesOf(figures).find((one) => one.name === name)!;

describe('gates', () => {
  test('all pass for a set as good as real nodules of other patients', () => {
    const gates = gatesOf(goodFigures());
    expect(gates.map(({ name }) => name)).toEqual([...GATE_NAMES]);
    expect(gates.map(({ passed }) => passed)).toEqual(GATE_NAMES.map(() => true));
    expect(failedBy(gates)).toEqual([]);
  });

  test('say nothing where nothing was measured, and fail nobody for it', () => {
    const gates = gatesOf([]);
    expect(gates.map(({ passed }) => passed)).toEqual(gates.map(() => null));
    expect(failedBy(gates)).toEqual([]);
  });

  test('a generator that takes no conditions is not asked whether it follows any, and all else is asked', () => {
    expect(gatesOf([]).map(({ name }) => name)).toEqual(GATE_NAMES.filter((name) => name !== 'adherence'));
  });

  test.each([
    ['frechet-attributes', figure('position/attributes/nodule', { measured: estimate(0.26) })],
    ['frechet-radiomics', figure('position/radiomics/patch', { measured: estimate(0.26) })],
    ['kid', figure('kid/attributes/patch', { measured: estimate(0.71), floor: estimate(0, -0.1, 0.1) })],
    ['fidelity', figure('precision/radiomics/nodule', { measured: estimate(0.63), floor: estimate(0.8) })],
    ['fidelity', figure('coverage/attributes/patch', { measured: estimate(0.63), floor: estimate(0.8) })],
    ['diversity', figure('msSsim/pairs', { measured: estimate(0.76), floor: estimate(0.6, 0.55, 0.65) })],
    ['diversity', figure('msSsim/pairs', { measured: estimate(0.44), floor: estimate(0.6, 0.55, 0.65) })],
    ['memorisation', figure('memorisation/features', { measured: estimate(0.94) })],
    ['memorisation', figure('copies/pixels', { measured: estimate(0.06) })],
    ['spotting', figure('spotting/auc', { measured: estimate(0.81), bad: estimate(0.99) })],
    ['adherence', figure('adherence/insertedDiameter', { measured: estimate(0.11), bad: estimate(0.4) })],
  ])('%s fails by one figure beyond its limit, and no other gate does', (name, changed) => {
    const gates = gatesOf(goodExcept(changed));
    expect(failedBy(gates)).toEqual([name]);
    expect(gates.find((one) => one.name === name)?.found).toContain(
      String(Number(changed.measured!.value.toPrecision(3))),
    );
  });

  test.each([
    ['frechet-radiomics', figure('position/radiomics/patch', { measured: estimate(0.25) })],
    ['kid', figure('kid/attributes/patch', { measured: estimate(0.69), floor: estimate(0, -0.1, 0.1) })],
    ['fidelity', figure('coverage/attributes/patch', { measured: estimate(0.65), floor: estimate(0.8) })],
    ['diversity', figure('msSsim/pairs', { measured: estimate(0.74), floor: estimate(0.6, 0.55, 0.65) })],
    ['memorisation', figure('memorisation/features', { measured: estimate(0.95) })],
    ['memorisation', figure('copies/pixels', { measured: estimate(0.05) })],
    ['spotting', figure('spotting/auc', { measured: estimate(0.8), bad: estimate(0.95) })],
    ['adherence', figure('adherence/insertedDiameter', { measured: estimate(0.1), bad: estimate(0.4) })],
  ])('%s passes at its limit', (name, changed) => {
    expect(gate(goodExcept(changed), name).passed).toBe(true);
  });

  test('a fifth of copies fails though the mean distance hardly moves, a few by the chance of few held-out nodules do not', () => {
    const copies = (share: number) =>
      gate(
        goodExcept(figure('copies/pixels', { measured: estimate(share), n: { real: 28, synthetic: 200 } })),
        'memorisation',
      );
    expect(copies(0.2)).toMatchObject({ passed: false, found: 'copies pixels: 0.2, at most 0.152' });
    expect(copies(0.1).passed).toBe(true);
  });

  test('floating point does not decide between shares of counts that are equal', () => {
    const [value, floor] = [20 / 28, 25 / 28];
    expect(value).toBeLessThan(0.8 * floor);
    const changed = figure('coverage/attributes/patch', {
      measured: estimate(value),
      floor: estimate(floor),
    });
    expect(gate(goodExcept(changed), 'fidelity')).toMatchObject({ passed: true });
  });

  test('a classifier that does not tell ellipsoids says nothing, however good its verdict', () => {
    const changed = figure('spotting/auc', { measured: estimate(0.5), bad: estimate(0.94) });
    expect(gate(goodExcept(changed), 'spotting')).toMatchObject({
      passed: null,
      found: 'AUC 0.5 proves nothing: ellipsoids were told with 0.94 only',
    });
  });

  test('a figure that is missing leaves its gate open, unless another of its figures fails', () => {
    const missing = figure('memorisation/pixels', { notComputed: 'There is no training set.' });
    expect(gate(goodExcept(missing), 'memorisation')).toMatchObject({
      passed: null,
      found: 'memorisation pixels: There is no training set',
    });
    const failing = figure('memorisation/features', { measured: estimate(0.1) });
    expect(gate(goodExcept(missing, failing), 'memorisation').passed).toBe(false);
  });

  test('what holds of several places is said once, and without places where it holds of all', () => {
    const few = (key: string): Figure => figure(key, { notComputed: 'real has 3 patches' });
    const views = ['position/attributes/patch', 'position/attributes/nodule'];
    const all = gate(goodExcept(...views.map(few)), 'frechet-attributes');
    expect(all).toMatchObject({ passed: null, found: 'real has 3 patches' });
    const kids = views.map((key) => key.replace('position', 'kid'));
    expect(gate(goodExcept(...kids.map(few)), 'kid').found).toBe(
      'attributes, patch and attributes, nodule: real has 3 patches',
    );
  });

  test('a low position without an interval passes nothing, a high one fails all the same', () => {
    const shaky = (value: number): Figure =>
      figure('position/radiomics/patch', { measured: estimate(value), noInterval: 'few' });
    expect(gate(goodExcept(shaky(0.1)), 'frechet-radiomics')).toMatchObject({
      passed: null,
      found: 'radiomics, patch: P = 0.1 without an interval says nothing',
    });
    expect(gate(goodExcept(shaky(0.3)), 'frechet-radiomics').passed).toBe(false);
  });

  test('a position whose interval reaches beyond the limit says how far', () => {
    const wide = figure('position/radiomics/patch', {
      measured: { value: 0.2, interval: { low: -0.4, high: 0.77, level: 0.95, how: 'draws' } },
    });
    const { passed, found } = gate(goodExcept(wide), 'frechet-radiomics');
    expect(passed).toBe(true);
    expect(found).toContain('P = 0.2, limit 0.25, its interval reaches 0.77');
  });

  test('a set that shows hardly any nodule fails, although nothing can be measured of nodules', () => {
    const why = 'Only 3 of 28 patches of noise show a nodule that can be measured.';
    const gates = gatesOf(
      goodExcept(
        figure('shown/nodule', { measured: estimate(3 / 28) }),
        figure('position/radiomics/patch', { notComputed: why }),
        figure('position/radiomics/nodule', { notComputed: why }),
      ),
    );
    expect(failedBy(gates)).toEqual(['frechet-radiomics']);
    expect(gates[1]!.found).toContain('only 11 % of the patches show a nodule');
  });

  test('real against real without an interval leaves the kernel distance open', () => {
    const changed = figure('kid/radiomics/patch', { measured: estimate(0.1), floor: estimate(0) });
    expect(gate(goodExcept(changed), 'kid').passed).toBeNull();
  });
});
