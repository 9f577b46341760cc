/** What the server is at work on, and what it has done last. */
import type { Job } from '@nodulelab/contract';
import { useState } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { activeCount, canRetry, leftText, listed, writtenSeries } from '../state/jobs.ts';
import { isActive, type Session } from '../state/session.ts';
import { jobLine } from '../state/words.ts';
import { Button, Section } from './parts.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
}

const STATE_WORDS: Readonly<Record<Job['state'], string>> = {
  queued: 'waiting',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

function Row({ service, job }: Omit<Props, 'session'> & { readonly job: Job }) {
  const { serverJobs } = service;
  const active = isActive(job);
  return (
    <li className="nl-job" data-testid="server-job" data-state={job.state}>
      <div className="nl-field">
        <b className="nl-wide nl-job-title" title={job.title}>
          {job.title}
        </b>
        <span className="nl-small nl-dim">{STATE_WORDS[job.state]}</span>
      </div>
      {active && (
        <progress
          aria-label={`${job.title}: ${jobLine(job)}`}
          max={1}
          {...(job.state === 'running' ? { value: job.progress } : { value: 0 })}
        />
      )}
      <div className="nl-field nl-small">
        <span
          className={job.state === 'failed' ? 'nl-wide nl-bad-text' : 'nl-wide nl-dim'}
          {...(job.state === 'failed' ? { role: 'alert' } : {})}
        >
          {job.state === 'done' ? new Date(job.endedAt).toLocaleTimeString() : jobLine(job)}
          {job.state === 'running' && job.secondsLeft !== undefined && `, ${leftText(job.secondsLeft)}`}
        </span>
        {active && (
          <Button onPress={() => void serverJobs.cancel(job.id)} label={`Cancel ${job.title}`}>
            Cancel
          </Button>
        )}
        {canRetry(job) && (
          <Button onPress={() => void serverJobs.retry(job.id)} label={`Do ${job.title} once more`}>
            Retry
          </Button>
        )}
        {writtenSeries(job) && (
          <Button onPress={() => void serverJobs.open(job)} label={`Open what ${job.title} wrote`}>
            Open
          </Button>
        )}
      </div>
    </li>
  );
}

export function JobsSection({ service, session }: Props) {
  const [folded, fold] = useState<boolean | null>(null);
  const jobs = listed(session.jobs);
  const active = activeCount(session.jobs);
  // Out of the way until there is something to see.
  const open = folded === null ? active > 0 : !folded;
  return (
    <Section
      title="Jobs"
      next={false}
      aside={
        <>
          <span className="nl-small nl-dim" aria-live="polite" data-testid="jobs-count">
            {active === 0 ? 'none at work' : `${active} at work`}
          </span>
          <button
            type="button"
            className="nl-fold nl-small"
            aria-expanded={open}
            aria-controls="nl-jobs"
            aria-label={open ? 'Fold the jobs' : 'Show the jobs'}
            onClick={() => fold(open)}
            data-testid="jobs-fold"
          />
        </>
      }
    >
      <div id="nl-jobs" hidden={!open}>
        {jobs.length === 0 && (
          <p className="nl-dim nl-small">Series that are written, imports and trainings appear here.</p>
        )}
        <ul className="nl-list nl-jobs">
          {jobs.map((job) => (
            <Row key={job.id} service={service} job={job} />
          ))}
        </ul>
      </div>
    </Section>
  );
}
