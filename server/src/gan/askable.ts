/** Whether a model can be asked for what is wanted, in words for whoever asks. */
import { NoduleLabError } from '../volume/errors.ts';
import { CONDITION_RANGES, type ConditionName } from './conditions.ts';
import type { WantedConditions } from './support.ts';

/**
 * @param model names it in messages
 * @param names what it can be asked for
 * @throws NoduleLabError `invalid-input` with the name in `details.condition`
 */
export function requireAskable(
  model: string,
  names: readonly ConditionName[],
  wanted: WantedConditions,
): void {
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    const name = names.find((known) => known === key);
    if (name === undefined)
      throw new NoduleLabError(
        'invalid-input',
        names.length === 0
          ? `${model} is unconditional and cannot be asked for ${key}: leave it out, or choose a conditional model.`
          : `${model} cannot be asked for ${key}; it can be for: ${names.join(', ')}.`,
        { condition: key },
      );
    const wrong = rangeProblem(name, value);
    if (wrong !== undefined) throw new NoduleLabError('invalid-input', wrong, { condition: name });
  }
}

/** Why a condition cannot have this value; undefined where it can. */
export function rangeProblem(name: ConditionName, value: number): string | undefined {
  const [low, high] = CONDITION_RANGES[name];
  if (value >= low && value <= high) return undefined;
  return `${name} can be asked for from ${low} to ${high}${name === 'diameter' ? ' mm' : ''}, not as ${value}.`;
}
