/** The lower part of Place: judging the preview, and making a series of it. */
import { useEffect, useRef } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { editsOf, isActive, isSynthetic, type Refusal, type Session } from '../state/session.ts';
import { checkName, jobLine, SETTING_WORDS } from '../state/words.ts';
import { Checks } from './Checks.tsx';
import { EditList } from './EditList.tsx';
import { LookRow } from './LookRow.tsx';
import { Button } from './parts.tsx';
import { Written } from './Written.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
  readonly next: boolean;
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
function Refused({ service, session, refusal }: Omit<Props, 'next'> & { refusal: Refusal }) {
  const { nearestAllowed } = refusal;
  return (
    <div className="nl-note nl-bad" role="alert" data-testid="refusal">
      {refusal.message}
      {nearestAllowed && (
        <div style={{ marginTop: 6 }}>
          <Button onPress={() => void service.placement.placeAt(nearestAllowed)} testId="nearest">
            {session.setting
              ? `Use the nearest place ${SETTING_WORDS[session.setting]}`
              : 'Use the nearest allowed place'}
          </Button>
        </div>
      )}
    </div>
  );
}

/** A poor check is written only when a person has said that it is meant. */
function Question({ service, names }: { service: NoduleLabService; names: readonly string[] }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    element.current?.querySelector('button')?.focus();
    element.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div
      ref={element}
      className="nl-note nl-warn"
      role="alertdialog"
      aria-label="Poor checks"
      aria-describedby="nl-poor"
      onKeyDown={(event) => {
        if (event.key === 'Escape') service.acceptance.reconsider();
      }}
      data-testid="question"
    >
      <span id="nl-poor">
        Poor: <b>{names.map(checkName).join(', ')}</b>. The series will carry it.
      </span>
      <div className="nl-row" style={{ marginTop: 6 }}>
        <Button wide onPress={() => service.acceptance.reconsider()} testId="reconsider">
          Back
        </Button>
        <Button wide onPress={() => void service.acceptance.confirm()} testId="confirm">
          Accept all the same
        </Button>
      </div>
    </div>
  );
}

function Steps({ service, session }: Omit<Props, 'next'>) {
  const { previews } = service;
  const edits = editsOf(session);
  return (
    <div className="nl-row nl-even">
      <Button
        disabled={edits.length === 0}
        pressed={session.previewShown}
        onPress={() => previews.flip()}
        title="Flip between the preview and the original"
        testId="flip"
      >
        {session.previewShown ? 'Preview' : 'Original'}
        <kbd>P</kbd>
      </Button>
      <Button
        disabled={edits.length === 0 && !session.place}
        onPress={() => service.showPlace()}
        testId="show-place"
      >
        Go to
      </Button>
      <Button
        disabled={!session.preview || session.previewing || session.unsettled}
        onPress={() => previews.keep()}
        title="Keep this one on the screen and start the next; all are written as one series"
        testId="add-another"
      >
        Add another
      </Button>
    </div>
  );
}

function Decision({ service, session, next }: Props) {
  const { acceptance, previews } = service;
  const { preview, job, previewing, refusal, unconfirmed } = session;
  const edits = editsOf(session);
  return (
    <>
      <div>
        <EditList service={service} session={session} />
        {refusal && <Refused service={service} session={session} refusal={refusal} />}
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
        {edits.length === 0 && !refusal && (!job || job.state === 'done') && (
          <p className="nl-dim nl-small">
            {previewing ? 'Preparing the preview\u2026' : 'No preview. Nothing is saved before you accept.'}
          </p>
        )}
      </div>
      {unconfirmed ? (
        <Question service={service} names={unconfirmed} />
      ) : (
        <>
          <LookRow service={service} session={session} />
          <Steps service={service} session={session} />
          <div className="nl-row" style={{ marginTop: 6 }}>
            <Button
              wide
              main={next}
              disabled={edits.length === 0 || previewing || session.unsettled}
              onPress={() => void acceptance.accept()}
              title="Write a new CT series with its segmentation and report beside the original"
              testId="accept"
            >
              {edits.length > 1 ? `Accept all ${edits.length}` : 'Accept'}
            </Button>
            <Button
              wide
              disabled={edits.length === 0 && !session.place}
              onPress={() => previews.discard()}
              title="Leaves nothing behind"
              testId="discard"
            >
              {edits.length > 1 ? 'Discard all' : 'Discard'}
            </Button>
          </div>
        </>
      )}
    </>
  );
}

/** There is something to judge, to bring back or to go on from. */
export const hasVerdict = (session: Session): boolean =>
  isWorking(session) ||
  isSynthetic(session) ||
  session.canUndo ||
  session.canRedo ||
  (session.job !== null && session.job.state !== 'done');

const isWorking = (session: Session): boolean =>
  editsOf(session).length > 0 || session.place !== null || session.refusal !== null || session.previewing;

export function Verdict({ service, session, next }: Props) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Whoever is to accept sees what with, and what on.
    if (next) element.current?.scrollIntoView({ block: 'nearest' });
  }, [next]);
  return (
    <div ref={element} className="nl-check-area" role="group" aria-label="Check and accept">
      {isActive(session.job) ? (
        <Progress service={service} session={session} />
      ) : isSynthetic(session) && !isWorking(session) ? (
        <Written service={service} session={session} />
      ) : (
        <Decision service={service} session={session} next={next} />
      )}
    </div>
  );
}
