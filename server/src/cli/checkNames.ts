/** The option that names checks, for those whose bad verdict the user accepts. */
import { InvalidArgumentError } from 'commander';
import { CHECK_THRESHOLDS } from '../insertion/checkThresholds.ts';
import { NEAREST_TRAINING } from '../services/nearestTraining/nearestTraining.ts';

const CHECKS: readonly string[] = [...new Set([...Object.keys(CHECK_THRESHOLDS), NEAREST_TRAINING])];

/** Names of checks with commas between them. */
export function checkNames(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.filter((name) => !CHECKS.includes(name));
  if (names.length > 0 && unknown.length === 0) return names;
  throw new InvalidArgumentError(
    `${unknown.length > 0 ? `there is no check ${unknown.join(', ')}` : 'names of checks'}; they are ${CHECKS.join(', ')}`,
  );
}
