import { expect, test } from '@jest/globals';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import { insertNodule } from '../../server/src/insertion/insertNodule.ts';
import { placeNodule } from '../../server/src/insertion/placeNodule.ts';
import { makePhantom, SMALL_PHANTOM } from '../../server/src/phantom/phantom.ts';
import { ballPatch } from '../support/nodulePatches.ts';

test('a nodule at the pleura is outlined where it is to be seen, not in the wall that it leaves as it is', () => {
  const { volume, nodules } = makePhantom({ ...SMALL_PHANTOM, seed: 4 });
  const lung = lungMask(volume);
  const { centre } = nodules.find(({ setting }) => setting === 'juxta-pleural')!;
  const patch = { data: ballPatch(64, 16, 'pleural', 3) };
  const place = { centre, diameterMm: 14 };
  const { box, footprint, alpha } = insertNodule(volume, patch, place, { seed: 1, lung });
  const whole = placeNodule(volume, patch, place, { seed: 1, lung }).footprint;
  let kept = 0;
  let leftOut = 0;
  let at = 0;
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++)
      for (let i = box.min[0]; i < box.max[0]; i++, at++) {
        const inLung = lung.mask[i + volume.size[0] * (j + volume.size[1] * k)]! !== 0;
        const seen = whole[at] !== 0 && (alpha[at] !== 0 || inLung);
        expect(footprint[at]).toBe(seen ? 1 : 0);
        if (seen) kept++;
        else if (whole[at] !== 0) leftOut++;
      }
  expect(leftOut).toBeGreaterThan(20);
  expect(kept).toBeGreaterThan(leftOut);
});
