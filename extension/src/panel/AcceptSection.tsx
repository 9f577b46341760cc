/** Judging the preview, and making a series of it. */
import type { QualityCheck } from '@nodulelab/contract';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { isActive, isSynthetic, type Refusal, type Session } from '../state/session.ts';
import { checkName, checkUnit, checkValue, jobLine } from '../state/words.ts';
import { Button, Section } from './parts.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
  readonly next: boolean;
}

const VERDICT = { good: 'good', fair: 'fair', bad: 'poor', unknown: 'not measured' } as const;

function Checks({ checks }: { checks: readonly QualityCheck[] }) {
  return (
    <table className="nl-checks" aria-label="Quality checks" data-testid="checks">
      <tbody>
        {checks.map((check) => (
          <tr key={check.name} title={check.explanation}>
            <td>
              <span
                className="nl-light"
                data-verdict={check.verdict}
                role="img"
                aria-label={VERDICT[check.verdict]}
              />
            </td>
            <td>{checkName(check.name)}</td>
            <td>
              {checkValue(check.value)} <span className="nl-dim">{checkUnit(check.unit)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Progress({ service, session }: Omit<Props, 'next'>) {
  const { job } = session;
  if (!job) return null;
  return (
    <div data-testid="job" data-state={job.state}>
      <p className="nl-row" style={{ margin: '4px 0' }}>
        <span className="nl-wide">{jobLine(job)}</span>
        <Button onPress={() => void service.acceptance.cancel()} testId="cancel">
          Cancel
        </Button>
      </p>
      <progress
        max={1}
        aria-label="Progress of the new series"
        {...(job.state === 'running' ? { value: job.progress } : job.state === 'queued' ? { value: 0 } : {})}
      />
    </div>
  );
}

/** A refused place stands where the checks would: it is the first of them. */
function Refused({ service, refusal }: { service: NoduleLabService; refusal: Refusal }) {
  const { nearestAllowed } = refusal;
  return (
    <div className="nl-note nl-bad" role="alert" data-testid="refusal">
      {refusal.message}
      {nearestAllowed && (
        <div style={{ marginTop: 6 }}>
          <Button onPress={() => void service.placement.placeAt(nearestAllowed)} testId="nearest">
            Use the nearest allowed place
          </Button>
        </div>
      )}
    </div>
  );
}

function Decision({ service, session, next }: Props) {
  const { placement, acceptance } = service;
  const { preview, job, previewShown, previewing, refusal } = session;
  return (
    <>
      <div className="nl-verdict">
        {refusal && <Refused service={service} refusal={refusal} />}
        {job?.state === 'failed' && (
          <p className="nl-note nl-bad" role="alert" data-testid="job-failed">
            {jobLine(job)}
          </p>
        )}
        {job?.state === 'cancelled' && (
          <p className="nl-note nl-warn" data-testid="job-cancelled">
            {jobLine(job)}.
          </p>
        )}
        {preview && <Checks checks={preview.checks} />}
        {!preview && !refusal && (!job || job.state === 'done') && (
          <p className="nl-dim nl-small">
            {previewing
              ? 'Preparing the preview\u2026'
              : 'Quality checks of the preview appear here. Nothing is saved before you accept.'}
          </p>
        )}
      </div>
      <div className="nl-row">
        <Button
          disabled={!preview}
          pressed={previewShown}
          onPress={() => placement.flip()}
          title="Flip between the preview and the original"
          testId="flip"
        >
          {previewShown ? 'Preview' : 'Original'}
          <kbd>P</kbd>
        </Button>
        <Button disabled={!session.place} onPress={() => service.showPlace()} testId="show-place">
          Go to it
        </Button>
      </div>
      <div className="nl-row" style={{ marginTop: 6 }}>
        <Button
          wide
          main={next}
          disabled={!preview || previewing}
          onPress={() => void acceptance.accept()}
          title="Write a new CT series beside the original"
          testId="accept"
        >
          Accept
        </Button>
        <Button
          wide
          disabled={!preview && !session.place}
          onPress={() => placement.discard()}
          title="Leaves nothing behind"
          testId="discard"
        >
          Discard
        </Button>
      </div>
    </>
  );
}

function Written({ service, session }: Omit<Props, 'next'>) {
  const nodule = session.synthetic[0];
  return (
    <div className="nl-note nl-good" data-testid="written">
      Synthetic CT: a new series beside the untouched original.
      <div className="nl-row" style={{ marginTop: 6 }}>
        {nodule && (
          <Button onPress={() => service.showPoint(nodule.centre)} testId="show-synthetic">
            Go to the nodule
          </Button>
        )}
        <Button main onPress={() => void service.acceptance.showSource()} testId="show-source">
          Show the original
        </Button>
      </div>
    </div>
  );
}

export function AcceptSection({ service, session, next }: Props) {
  return (
    <Section number={4} title="Check and accept" next={next}>
      <div className="nl-check-area">
        {isActive(session.job) ? (
          <Progress service={service} session={session} />
        ) : isSynthetic(session) ? (
          <Written service={service} session={session} />
        ) : (
          <Decision service={service} session={session} next={next} />
        )}
      </div>
    </Section>
  );
}
