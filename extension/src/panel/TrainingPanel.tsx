/** The panel "Training": the models of this server, its trainings, and one of these live. */
import { useEffect, useSyncExternalStore } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { STATE_WORDS, trainingSentence, type TrainingSession } from '../state/training.ts';
import { ModelsSection } from './ModelsSection.tsx';
import { Button, Section } from './parts.tsx';
import { styles } from './styles.ts';
import { StartForm } from './TrainingForms.tsx';
import { trainingStyles } from './trainingStyles.ts';
import { TrainingView } from './TrainingView.tsx';

function Runs({ service, session }: { service: NoduleLabService; session: TrainingSession }) {
  const { overview, selected, form, busy } = session;
  const { trainings } = service;
  if (overview === null) return null;
  return (
    <Section
      title="Trainings"
      next={false}
      aside={
        <Button
          pressed={form === 'start'}
          onPress={() => trainings.show(form === 'start' ? 'none' : 'start')}
          testId="training-new"
        >
          New
        </Button>
      }
    >
      {form === 'start' && <StartForm trainings={trainings} overview={overview} busy={busy} />}
      {overview.trainings.length > 0 && (
        <ul className="nl-list nl-runs" aria-label="Trainings, newest first">
          {overview.trainings.map(({ name, state, update }) => (
            <li key={name}>
              <button
                type="button"
                className="nl-item nl-run"
                aria-pressed={name === selected}
                onClick={() => trainings.select(name)}
                data-testid={`training-${name}`}
                data-state={state}
              >
                <b>{name}</b>
                <span className="nl-dim">{STATE_WORDS[state]}</span>
                <span className="nl-figure">{update}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

export function TrainingPanel({ service }: { readonly service: NoduleLabService }) {
  const { trainings } = service;
  const session = useSyncExternalStore(trainings.store.watch, trainings.store.get);
  const { connection, models } = useSyncExternalStore(service.store.watch, service.store.get);
  useEffect(() => {
    trainings.open();
    service.models.open();
  }, [trainings, service]);
  const { training, error } = session;
  return (
    <div className="nl nl-training" data-testid="training-panel" data-state={training?.state ?? 'none'}>
      <style>{styles + trainingStyles}</style>
      {connection === 'lost' && (
        <div className="nl-banner" role="alert">
          The NoduleLab server does not answer. This page reconnects by itself; the training itself may still
          run.
        </div>
      )}
      <div className="nl-next" aria-live="polite" data-testid="training-sentence">
        {trainingSentence(session)}
      </div>
      {error && (
        <div
          className="nl-note nl-bad nl-row"
          role="alert"
          style={{ marginTop: 0 }}
          data-testid="training-error"
        >
          <span className="nl-wide">{error}</span>
          <Button icon label="Dismiss" onPress={() => trainings.dismissError()}>
            {'\u00d7'}
          </Button>
        </div>
      )}
      <ModelsSection models={service.models} list={models} />
      <Runs service={service} session={session} />
      {training && (
        <Section title={training.name} next={false}>
          <TrainingView trainings={trainings} session={session} training={training} />
        </Section>
      )}
    </div>
  );
}
