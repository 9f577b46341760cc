/** What makes an evaluation itself untrustworthy, and what its reader must know. */
import { atLeast, LIMITS, short } from '../../evaluation/gates.ts';
import type { Control } from '../../evaluation/result.ts';
import type { Measures } from './measureAll.ts';
import type { Measuring } from './measures/measuring.ts';

/** Nodules below which most figures have intervals too wide to decide anything. */
const SMALL = 50;

export function doubtsOf(
  { real, subjects, other }: Measuring,
  { figures, spotting, spaces }: Measures,
  controls: readonly Control[],
  missing: string,
): { errors: string[]; warnings: string[] } {
  const passed = controls
    .filter(({ caughtBy }) => caughtBy.length === 0)
    .map(({ name, gates }) => ({ name, computed: gates.filter((gate) => gate.passed !== null).length }));
  const untried = passed.filter(({ computed }) => computed === 0).map(({ name }) => name);
  const errors = passed
    .filter(({ computed }) => computed > 0)
    .map(
      ({ name, computed }) =>
        `The control "${name}" passed all ${computed} gates that could be computed: a set that passes them proves nothing.`,
    );
  if (untried.length > 0)
    errors.push(
      `No gate could be computed for the controls ${untried.join(', ')}: nothing says that these gates catch anything.`,
    );
  if (spotting !== null && !atLeast(spotting.proof.value, LIMITS.spottingProof))
    errors.push(
      `The classifier that is to spot synthetic patches told ellipsoids with an AUC of ${short(spotting.proof.value)} only, and ${LIMITS.spottingProof} is needed: what it says of the synthetic set proves nothing.`,
    );
  const warnings: string[] = [];
  if (missing !== '') warnings.push(missing);
  const { count } = real.group;
  if (count < SMALL)
    warnings.push(
      `There are only ${count} real nodules: intervals are wide, and ${directionsOf(Math.max(0, ...spaces.map(({ dimension }) => dimension)))}.`,
    );
  if (other === null)
    warnings.push('Real is held against real by halving the real set: half the number, and a wider floor.');
  for (const described of [real, subjects[0]!]) {
    const without = described.patches.filter(({ nodule }) => nodule === null).length;
    if (without > 0)
      warnings.push(
        `${without} of ${described.patches.length} patches of ${described.group.name} show no nodule and are left out of what is measured on nodules.`,
      );
  }
  const left = figures[0]!.filter(({ measured }) => measured === null).length;
  if (left > 0)
    warnings.push(`${left} of ${figures[0]!.length} figures could not be computed; each says why.`);
  return { errors, warnings };
}

const directionsOf = (dimension: number): string =>
  dimension === 0
    ? 'no Fréchet distance could be computed'
    : `the Fréchet distance looks at ${dimension} direction${dimension === 1 ? '' : 's'}`;
