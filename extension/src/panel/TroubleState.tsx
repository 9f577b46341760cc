/** What stands in the way and what to do, at the top of the panel; the rest of it stays usable. */
import type { Session } from '../state/session.ts';
import { type Trouble, troublesOf } from '../state/trouble.ts';

function State({ trouble: { kind, urgent, title, advice } }: { readonly trouble: Trouble }) {
  return (
    <div
      className={urgent ? 'nl-trouble nl-urgent' : 'nl-trouble'}
      role={urgent ? 'alert' : 'status'}
      data-testid="trouble"
      data-kind={kind}
    >
      <b>{title}</b>
      <p>{advice}</p>
      {kind === 'session-expired' && (
        <a className="nl-link" href="/" target="_blank" rel="noreferrer">
          Sign in
        </a>
      )}
    </div>
  );
}

export function TroubleStates({ session }: { readonly session: Session }) {
  return (
    <>
      {troublesOf(session).map((trouble) => (
        <State key={trouble.kind} trouble={trouble} />
      ))}
    </>
  );
}
