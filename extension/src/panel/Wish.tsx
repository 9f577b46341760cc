/** One condition that candidates can be asked for: a switch, a slider that shows where training nodules are, a value. */
import type { Condition, ConditionName } from '@nodulelab/contract';
import {
  CONDITION_WORDS,
  END_WORDS,
  FEW_TRAINED,
  isFew,
  scaleOf,
  trainedLike,
  usualValue,
  valueText,
} from '../state/wishes.ts';
import { malignancyWord, textureWord } from '../state/words.ts';

interface Props {
  readonly name: ConditionName;
  /** Undefined where the generator cannot be asked for it. */
  readonly condition: Condition | undefined;
  /** Undefined for any. */
  readonly value: number | undefined;
  readonly disabled: boolean;
  readonly onChange: (value: number | null) => void;
}

const FEW = 'few nodules like this in training';

/** The value as a reader would say it. */
function spoken(name: ConditionName, value: number): string {
  const text = valueText(name, value);
  if (name === 'texture') return `${text}, ${textureWord(value)}`;
  if (name === 'malignancy') return `${text}, ${malignancyWord(value)}`;
  if (name === 'diameter') return text;
  const [least, most] = END_WORDS[name];
  const { low, high } = scaleOf(name);
  return `${text} of ${low}, ${least}, to ${high}, ${most}`;
}

/** Lies under the slider's thumb: a whole line where the generator has seen nodules, a broken one where it saw few. */
function Trained({ name, condition }: Pick<Props, 'name' | 'condition'>) {
  const { low, high } = scaleOf(name, condition);
  const share = (value: number): string => `${((value - low) / (high - low)) * 100}%`;
  return (
    <span className="nl-trained" aria-hidden="true">
      {(condition?.trained ?? [{ from: low, to: high, nodules: FEW_TRAINED }]).map(
        ({ from, to, nodules }) => (
          <i
            key={from}
            data-few={nodules < FEW_TRAINED}
            style={{ left: share(from), width: share(low + to - from) }}
          />
        ),
      )}
    </span>
  );
}

export function Wish({ name, condition, value, disabled, onChange }: Props) {
  const { low, high, step } = scaleOf(name, condition);
  const word = CONDITION_WORDS[name];
  const off = disabled || condition === undefined;
  const few = value !== undefined && isFew(condition, value);
  const [least, most] = END_WORDS[name];
  const counted = condition !== undefined && value !== undefined ? trainedLike(condition, value) : null;
  const support = counted
    ? `${counted.nodules} of ${counted.all} training nodules are about like this`
    : undefined;
  return (
    <div className="nl-wish" data-off={off} data-testid={`wish-${name}`}>
      <label className="nl-field" title="Off: any">
        <input
          type="checkbox"
          checked={value !== undefined}
          disabled={off}
          onChange={(event) => onChange(event.target.checked ? usualValue(name, condition) : null)}
          data-testid={`wish-${name}-named`}
        />
        {word}
      </label>
      <span className="nl-scale" title={support}>
        <Trained name={name} condition={condition} />
        <input
          type="range"
          min={low}
          max={high}
          step={step}
          value={value ?? usualValue(name, condition)}
          disabled={off}
          data-any={value === undefined}
          aria-label={`Wanted ${word.toLowerCase()}`}
          aria-valuetext={value === undefined ? 'any' : `${spoken(name, value)}${few ? `; ${FEW}` : ''}`}
          onChange={(event) => onChange(event.target.valueAsNumber)}
          // A click on the very place of the thumb changes nothing, but names the value.
          onClick={(event) => value === undefined && onChange(event.currentTarget.valueAsNumber)}
          data-testid={`wish-${name}-value`}
        />
      </span>
      <output className={value === undefined ? 'nl-dim' : undefined}>
        {value === undefined ? 'any' : valueText(name, value)}
      </output>
      <span className="nl-ends" aria-hidden="true">
        {few ? (
          <span className="nl-few" data-testid={`wish-${name}-few`}>
            {FEW}
          </span>
        ) : (
          <>
            <span>{least}</span>
            <span>{most}</span>
          </>
        )}
      </span>
    </div>
  );
}
