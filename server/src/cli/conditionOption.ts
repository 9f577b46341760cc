/** `--condition diameter=12,texture=5`: what a conditional generator is asked for. */
import { InvalidArgumentError, Option } from 'commander';
import { rangeProblem } from '../gan/askable.ts';
import { CONDITION_NAMES } from '../gan/conditions.ts';
import type { WantedConditions } from '../gan/support.ts';

/**
 * May be given several times, and name several conditions each time.
 * @param unnamed what becomes of those that are not named
 */
export const conditionOption = (unnamed = 'the others are drawn from its training nodules'): Option =>
  new Option(
    '--condition <name=value,…>',
    `what a conditional model is asked for, such as diameter=12,texture=5: ${CONDITION_NAMES.join(', ')} ` +
      `(mm, the others in points of the LIDC form, 1 to 5); ${unnamed}`,
  ).argParser(parseConditions);

export function parseConditions(text: string, earlier: WantedConditions = {}): WantedConditions {
  const wanted: Record<string, number> = { ...earlier } as Record<string, number>;
  for (const part of text.split(',')) {
    const [key = '', value = '', ...rest] = part.split('=').map((word) => word.trim());
    const name = CONDITION_NAMES.find((known) => known === key);
    if (name === undefined)
      throw new InvalidArgumentError(`"${key}" is no condition; there are: ${CONDITION_NAMES.join(', ')}.`);
    const number = value === '' || rest.length > 0 ? Number.NaN : Number(value);
    if (Number.isNaN(number))
      throw new InvalidArgumentError(`"${part}" names no value: write ${name}=NUMBER.`);
    if (wanted[name] !== undefined) throw new InvalidArgumentError(`${name} is named twice.`);
    const wrong = rangeProblem(name, number);
    if (wrong !== undefined) throw new InvalidArgumentError(wrong);
    wanted[name] = number;
  }
  return wanted;
}

/** `diameter 12 mm, texture 5`; the empty text for none. */
export const conditionsText = (conditions: WantedConditions): string =>
  CONDITION_NAMES.flatMap((name) => {
    const value = conditions[name];
    return value === undefined
      ? []
      : [`${name} ${Number(value.toFixed(2))}${name === 'diameter' ? ' mm' : ''}`];
  }).join(', ');
