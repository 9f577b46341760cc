/**
 * What a conditional generator has learned to answer to: the conditions of its training nodules. They say where a wish has
 * no ground in the data, and what to ask for besides what the user names.
 */
import type { Random } from '../nn/random.ts';
import { encodeCondition, type ConditionName, type Conditions } from './conditions.ts';

/** Some conditions; those that are not named are left to the generator's training nodules. */
export type WantedConditions = { readonly [Name in ConditionName]?: number | undefined };

/** How far apart encoded conditions may be to count as alike: half a point, or a sixth of an octave. */
const ALIKE = 0.25;
/** A training nodule supports a wish that differs from it by no more: one point, or a quarter of the diameter. */
const WITHIN_POINTS = 1;
const WITHIN_OCTAVES = Math.log2(1.25);

/**
 * Conditions in full: those that are wanted as they are, the others those of one training nodule, drawn with the more
 * weight the nearer it is to what is wanted. So sizes and ratings go together as they do in patients.
 *
 * @param rows conditions of the training nodules
 */
export function fillConditions(
  wanted: WantedConditions,
  rows: readonly Conditions[],
  random: Random,
): Conditions {
  const entries = entriesOf(wanted);
  const distances = rows.map((row) =>
    entries.reduce((sum, [name, value]) => {
      const step = (encodeCondition(name, value) - encodeCondition(name, row[name])) / ALIKE;
      return sum + step * step;
    }, 0),
  );
  // Relative to the nearest, or all weights could come out as 0.
  const nearest = Math.min(...distances);
  const weights = distances.map((distance) => Math.exp((nearest - distance) / 2));
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = weights.findIndex((weight) => (left -= weight) < 0);
  return { ...rows[chosen < 0 ? rows.length - 1 : chosen]!, ...Object.fromEntries(entries) };
}

/** How many training nodules are like what is wanted in every condition that is named. */
export const supportOf = (wanted: WantedConditions, rows: readonly Conditions[]): number =>
  rows.filter((row) =>
    entriesOf(wanted).every(([name, value]) =>
      name === 'diameter'
        ? Math.abs(Math.log2(value / row.diameter)) <= WITHIN_OCTAVES
        : Math.abs(value - row[name]) <= WITHIN_POINTS,
    ),
  ).length;

const entriesOf = (wanted: WantedConditions): [ConditionName, number][] =>
  (Object.entries(wanted) as [ConditionName, number | undefined][]).filter(
    (entry): entry is [ConditionName, number] => entry[1] !== undefined,
  );
