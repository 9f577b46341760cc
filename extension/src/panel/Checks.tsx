/** The quality checks of a preview as lights; pointing at a row, or tabbing to it, says what it means. */
import type { QualityCheck } from '@nodulelab/contract';
import { useState } from 'react';
import { checkName, checkUnit, checkValue, VERDICT_WORDS } from '../state/words.ts';

const PLANES = ['axial', 'coronal', 'sagittal'] as const;

export function Light({ verdict }: { verdict: QualityCheck['verdict'] }) {
  return <span className="nl-light" data-verdict={verdict} role="img" aria-label={VERDICT_WORDS[verdict]} />;
}

interface RowProps {
  readonly check: QualityCheck;
  readonly onLook: (name: string | null) => void;
}

function Row({ check, onLook }: RowProps) {
  const { name, verdict, value, unit, explanation } = check;
  const look = (): void => onLook(name);
  const leave = (): void => onLook(null);
  return (
    <li
      data-check={name}
      data-verdict={verdict}
      onPointerEnter={look}
      onPointerLeave={leave}
      onFocus={look}
      onBlur={leave}
    >
      <Light verdict={verdict} />
      <button
        type="button"
        className="nl-check"
        aria-description={`${VERDICT_WORDS[verdict]}. ${explanation}`}
      >
        {checkName(name)}
      </button>
      {value === null ? (
        <span className="nl-dim" aria-label="not measured">
          {checkValue(value)}
        </span>
      ) : (
        <span>
          {checkValue(value)} <span className="nl-dim">{checkUnit(unit)}</span>
        </span>
      )}
    </li>
  );
}

/** What the nodule is compared with, where a check compares it. */
function Compared({ name, thumbnails }: QualityCheck) {
  if (!thumbnails) return null;
  return (
    <span className="nl-nearest" data-testid="nearest-training">
      {PLANES.map((plane) => (
        <img
          key={plane}
          src={thumbnails[plane]}
          alt={`${checkName(name)}, ${plane}`}
          title={`${plane}: what the nodule is compared with`}
        />
      ))}
    </span>
  );
}

export function Checks({ checks }: { readonly checks: readonly QualityCheck[] }) {
  const [looked, setLooked] = useState<string | null>(null);
  const worst =
    checks.find(({ verdict }) => verdict === 'bad') ?? checks.find(({ verdict }) => verdict === 'fair');
  const told = checks.find(({ name }) => name === looked) ?? worst;
  return (
    <>
      <ul className="nl-lightlist" aria-label="Quality checks" data-testid="checks">
        {checks.map((check) => (
          <Row key={check.name} check={check} onLook={setLooked} />
        ))}
      </ul>
      <div className="nl-explanation nl-small nl-dim">
        <p data-testid="explanation">
          {told ? (
            <>
              <b>{checkName(told.name)}</b> ({VERDICT_WORDS[told.verdict]}). {told.explanation}
            </>
          ) : (
            'No check stands out. Point at one for what it means.'
          )}
        </p>
        {told && <Compared {...told} />}
      </div>
    </>
  );
}
