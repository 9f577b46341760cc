/**
 * A generator that collapsed to a tenth of the real spread: the mean of the real patches plus a tenth of what each
 * differs by. At small N a plain ratio to the floor lets it pass.
 */
import type { PatchGroup } from '../patchGroup.ts';
import { controlOf } from './control.ts';
import type { ControlGroup } from './control.ts';

/** What is left of the spread. */
export const SPREAD_LEFT = 0.1;

/** Reads the whole set once for its mean. */
export async function collapsedControl(real: PatchGroup): Promise<ControlGroup> {
  const mean = new Float64Array(real.size ** 3);
  for (let index = 0; index < real.count; index++) {
    const values = await real.patch(index);
    for (let at = 0; at < mean.length; at++) mean[at]! += values[at]! / real.count;
  }
  return controlOf({
    name: 'collapsed',
    made: `The mean of the real patches plus ${SPREAD_LEFT} times what each differs from it by, voxel by voxel.`,
    from: real,
    recipe: [1, SPREAD_LEFT],
    make: (values) => {
      for (let at = 0; at < mean.length; at++)
        values[at] = mean[at]! + SPREAD_LEFT * (values[at]! - mean[at]!);
      return values;
    },
  });
}
