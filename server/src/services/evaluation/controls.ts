/** The controls: sets that are known to be bad in one way each. A report that lets one of them pass proves nothing. */
import { blurredControl } from '../../evaluation/controls/blurred.ts';
import { collapsedControl } from '../../evaluation/controls/collapsed.ts';
import type { ControlGroup } from '../../evaluation/controls/control.ts';
import { memorisedControl } from '../../evaluation/controls/memorised.ts';
import { noiseControl } from '../../evaluation/controls/noise.ts';
import type { PatchGroup } from '../../evaluation/patchGroup.ts';
import { Random } from '../../nn/random.ts';
import { partOf } from './patchGroups.ts';

/** Patches of a control at most: enough to be caught, and a fraction of the time that the sets themselves take. */
const MOST = 200;

/** @param training whose copies the memorised control holds: the generator's own set, or a half of the real one */
export async function makeControls(
  real: PatchGroup,
  training: PatchGroup,
  ellipsoids: ControlGroup | null,
  seed: number,
): Promise<ControlGroup[]> {
  const order = Random.of('evaluation', 'controls', seed).permutation(real.count);
  const some = partOf(real, real.name, order.slice(0, MOST).toSorted());
  return [
    ...(ellipsoids === null ? [] : [ellipsoids]),
    blurredControl(some),
    await collapsedControl(some),
    noiseControl(some, seed),
    memorisedControl(training, some.count, seed),
  ];
}
