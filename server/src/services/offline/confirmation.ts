/** A bad check is written only where a person has confirmed it by its name. */
import type { QualityCheck } from '@nodulelab/contract';
import { NoduleLabError } from '../../volume/errors.ts';

const badOnes = (checks: readonly QualityCheck[]): QualityCheck[] =>
  checks.filter(({ verdict }) => verdict === 'bad');

export const badNames = (checks: readonly QualityCheck[]): string[] => [
  ...new Set(badOnes(checks).map(({ name }) => name)),
];

/** @throws NoduleLabError `refused` with the names in `details.unconfirmed` */
export function requireConfirmed(checks: readonly QualityCheck[], confirmed: readonly string[]): void {
  const open = badOnes(checks).filter(({ name }) => !confirmed.includes(name));
  if (open.length === 0) return;
  const unconfirmed = badNames(open);
  throw new NoduleLabError(
    'refused',
    `These checks are bad: ${open.map(({ name, explanation }) => `${name} (${explanation})`).join('; ')}. ` +
      `Choose another place, nodule or size, or confirm them: --confirm "${unconfirmed.join(',')}".`,
    { unconfirmed },
  );
}
