/** Sampling candidates from the generator, and choosing one. */
import { useState } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { chosenCandidate, chosenModel, COUNT, isActive, type Session } from '../state/session.ts';
import { areStale, wishesFor } from '../state/wishes.ts';
import { Asked } from './CandidateCard.tsx';
import { CandidateGrid } from './CandidateGrid.tsx';
import { ModelCard, ModelFold } from './ModelCard.tsx';
import { Button, Section } from './parts.tsx';
import { Wishes } from './Wishes.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
  readonly next: boolean;
}

export function GenerateSection({ service, session, next }: Props) {
  const { generation } = service;
  const busy = session.generating || isActive(session.job);
  const model = chosenModel(session);
  const stale = session.candidates.length > 0 && areStale(wishesFor(model, session.wanted), session.asked);
  const chosen = chosenCandidate(session);
  const several = session.models.length > 1;
  const [described, describe] = useState(false);
  const others = session.favourites.filter(({ id }) => !session.candidates.some((one) => one.id === id));
  return (
    <Section
      number={2}
      title="Generate"
      next={next}
      aside={
        model && (
          <ModelFold
            model={model}
            open={described}
            onToggle={() => describe(!described)}
            nameless={several}
          />
        )
      }
    >
      {several && (
        <div className="nl-generator">
          <select
            aria-label="Generator"
            title={session.modelName ?? undefined}
            value={session.modelName ?? ''}
            onChange={(event) => generation.setModel(event.target.value)}
          >
            {session.models.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
      )}
      {model && described && <ModelCard model={model} />}
      {model && <Wishes service={service} session={session} />}
      <div className="nl-row" style={{ flexWrap: 'nowrap', marginTop: 4 }}>
        <label className="nl-field" title="The same seed gives the same candidates">
          Seed
          <input
            type="number"
            min={0}
            max={2 ** 31 - 1}
            value={session.seed}
            style={{ width: 66 }}
            onChange={(event) => generation.setSeed(event.target.valueAsNumber)}
            data-testid="seed"
          />
        </label>
        <Button
          icon
          label="Another seed"
          title="Another seed"
          disabled={session.seedLocked}
          onPress={() => generation.rollSeed()}
        >
          <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">
            <rect x="1.5" y="1.5" width="13" height="13" rx="3" fill="none" stroke="currentColor" />
            <circle cx="5" cy="5" r="1.3" />
            <circle cx="8" cy="8" r="1.3" />
            <circle cx="11" cy="11" r="1.3" />
          </svg>
        </Button>
        <Button
          icon
          pressed={session.seedLocked}
          label="Keep this seed"
          title={
            session.seedLocked
              ? 'Locked: every Generate has this seed, so that only the wish differs'
              : 'Open: a seed that was used gives way to another. Press to keep it'
          }
          onPress={() => generation.toggleSeedLock()}
          testId="seed-lock"
        >
          <svg width="14" height="16" viewBox="0 0 14 16" aria-hidden="true" fill="currentColor">
            <rect x="2" y="7" width="10" height="7.5" rx="1.5" />
            <path
              d={session.seedLocked ? 'M4 7V5a3 3 0 0 1 6 0v2' : 'M4 7V5a3 3 0 0 1 5.8-1'}
              fill="none"
              stroke="currentColor"
              strokeWidth="1.6"
            />
          </svg>
        </Button>
        <select
          aria-label="How many candidates"
          value={session.count}
          onChange={(event) => generation.setCount(Number(event.target.value))}
          data-testid="count"
        >
          {Array.from({ length: COUNT.most }, (_, n) => n + 1).map((count) => (
            <option key={count} value={count}>
              {count}
            </option>
          ))}
        </select>
        <Button
          wide
          main={stale || (next && session.candidates.length === 0)}
          disabled={busy}
          {...(stale ? { title: 'The candidates below were asked for otherwise' } : {})}
          onPress={() => void generation.generate()}
          testId="generate"
        >
          {session.generating ? 'Generating\u2026' : 'Generate'}
        </Button>
      </div>
      <CandidateGrid
        {...{ service, session }}
        label="Candidates: axial, coronal, sagittal"
        candidates={session.candidates}
        empty={
          session.generating
            ? 'The generator is at work.'
            : 'Synthetic nodules appear here, each in axial, coronal and sagittal view.'
        }
      />
      {chosen && <Asked candidate={chosen} />}
      {others.length > 0 && (
        <details className="nl-favourites" data-testid="favourites">
          <summary className="nl-small">Kept before ({others.length})</summary>
          <CandidateGrid
            {...{ service, session }}
            label="Candidates that were kept before"
            candidates={others}
          />
        </details>
      )}
    </Section>
  );
}
