/** What stands in the way and what to do, at the top of the panel; the rest of it stays usable. */
import { useState } from 'react';
import type { Session } from '../state/session.ts';
import { type Trouble, type TroubleKind, troublesOf } from '../state/trouble.ts';
import { Button } from './parts.tsx';

interface Props {
  readonly trouble: Trouble;
  readonly onPutAway: () => void;
}

function State({ trouble: { kind, urgent, title, advice }, onPutAway }: Props) {
  return (
    <div
      className={urgent ? 'nl-trouble nl-urgent' : 'nl-trouble'}
      role={urgent ? 'alert' : 'status'}
      data-testid="trouble"
      data-kind={kind}
    >
      <div className="nl-field">
        <b className="nl-wide">{title}</b>
        {!urgent && (
          <Button icon label={`Put away: ${title}`} onPress={onPutAway} testId="put-away">
            {'\u00d7'}
          </Button>
        )}
      </div>
      <p>{advice}</p>
      {kind === 'session-expired' && (
        <a className="nl-link" href="/sign-in" target="_blank" rel="noreferrer">
          Sign in
        </a>
      )}
    </div>
  );
}

/** What is only good to know can be put away until it comes anew. */
export function TroubleStates({ session }: { readonly session: Session }) {
  const [putAway, keep] = useState<readonly TroubleKind[]>([]);
  const troubles = troublesOf(session);
  const still = putAway.filter((kind) => troubles.some((trouble) => trouble.kind === kind));
  if (still.length !== putAway.length) keep(still);
  return (
    <>
      {troubles
        .filter(({ kind }) => !still.includes(kind))
        .map((trouble) => (
          <State key={trouble.kind} trouble={trouble} onPutAway={() => keep([...still, trouble.kind])} />
        ))}
    </>
  );
}
