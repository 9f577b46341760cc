/** The nine characteristics, in the words and the order of the LIDC reading form: one press each, or the arrow keys. */
import type { Ratings } from '@nodulelab/contract';
import { type Characteristic, SCALES } from '../state/annotation.ts';

interface Props {
  readonly ratings: Partial<Ratings>;
  /** What is not rated is pointed out. */
  readonly pointOut: boolean;
  readonly disabled: boolean;
  readonly onRate: (name: Characteristic, value: number) => void;
}

export function RatingForm({ ratings, pointOut, disabled, onRate }: Props) {
  return (
    <div className="nl-rates" role="group" aria-label="Characteristics">
      {SCALES.map(({ name, label, words }) => {
        const rated = ratings[name];
        const word = rated === undefined ? undefined : words[rated - 1];
        return (
          <div
            key={name}
            className="nl-rate"
            role="radiogroup"
            aria-labelledby={`nl-rate-${name}`}
            aria-required="true"
            aria-invalid={pointOut && rated === undefined}
            data-testid={`rate-${name}`}
          >
            <span id={`nl-rate-${name}`}>{label}</span>
            <span className="nl-marks">
              {words.map((meaning, n) => (
                <label key={meaning} title={`${n + 1}: ${meaning}`}>
                  <input
                    type="radio"
                    name={`nl-rate-${name}`}
                    value={n + 1}
                    checked={rated === n + 1}
                    disabled={disabled}
                    aria-label={`${n + 1}, ${meaning}`}
                    onChange={() => onRate(name, n + 1)}
                    data-testid={`rate-${name}-${n + 1}`}
                  />
                  <span aria-hidden="true">{n + 1}</span>
                </label>
              ))}
            </span>
            <output title={word}>{word ?? 'not rated'}</output>
          </div>
        );
      })}
    </div>
  );
}
