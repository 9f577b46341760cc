/** The models of this server: which one everybody is given first, each one's card, and several side by side. */
import { useSyncExternalStore } from 'react';
import type { Model } from '@nodulelab/contract';
import type { Models } from '../service/models.ts';
import { currentLine, SIDE_BY_SIDE, tickedOf, type ModelsSession } from '../state/models.ts';
import { gatesLine } from '../state/modelWords.ts';
import { ModelCard } from './ModelCard.tsx';
import { ModelComparisonTable } from './ModelComparisonTable.tsx';
import { Button, Section } from './parts.tsx';

interface Props {
  readonly models: Models;
  /** The preferred one first. */
  readonly list: readonly Model[];
}

export function ModelsSection({ models, list }: Props) {
  const session = useSyncExternalStore(models.store.watch, models.store.get);
  return <ModelsList models={models} list={list} session={session} />;
}

export function ModelsList({ models, list, session }: Props & { readonly session: ModelsSession }) {
  const { current, comparison, comparing, error } = session;
  const ticked = tickedOf(session.ticked, list);
  return (
    <Section
      title="Models"
      next={false}
      aside={
        <Button
          disabled={comparing || ticked.length < SIDE_BY_SIDE.least}
          onPress={() => void models.compare(ticked)}
          title={
            ticked.length < SIDE_BY_SIDE.least
              ? 'Tick two models or more'
              : 'Side by side; one sample of each is timed, which takes seconds'
          }
          testId="models-compare"
        >
          {comparing ? 'Comparing\u2026' : 'Compare'}
        </Button>
      }
    >
      {error && (
        <div className="nl-note nl-bad nl-row" role="alert" data-testid="models-error">
          <span className="nl-wide">{error}</span>
          <Button icon label="Dismiss" onPress={() => models.dismissError()}>
            {'\u00d7'}
          </Button>
        </div>
      )}
      {current && (
        <p className="nl-dim nl-small" aria-live="polite" data-testid="models-current">
          {currentLine(current)}
        </p>
      )}
      {list.length > 0 && (
        <ul className="nl-list nl-models" aria-label="Models, the current one first">
          {list.map((model) => (
            <ModelRow key={model.name} model={model} models={models} session={session} />
          ))}
        </ul>
      )}
      {current?.former && (
        <div className="nl-row">
          <Button
            disabled={session.busy}
            onPress={() => void models.back()}
            title="For everybody on this server"
            testId="models-back"
          >
            {`Back to ${current.former}`}
          </Button>
        </div>
      )}
      {comparison && (
        <ModelComparisonTable comparison={comparison} onClose={() => models.closeComparison()} />
      )}
    </Section>
  );
}

function ModelRow({
  model,
  models,
  session,
}: Omit<Props, 'list'> & { readonly model: Model; readonly session: ModelsSession }) {
  const { name, updates, evaluation } = model;
  const { current, opened, ticked, busy } = session;
  const isCurrent = current?.name === name;
  const open = opened === name;
  return (
    <li>
      <div className="nl-model-row" data-current={isCurrent}>
        <input
          type="checkbox"
          checked={ticked.includes(name)}
          onChange={() => models.tick(name)}
          aria-label={`Compare ${name}`}
          title="Compare"
          data-testid={`compare-${name}`}
        />
        <button
          type="button"
          className="nl-item nl-model-name"
          aria-expanded={open}
          onClick={() => models.look(name)}
          title={open ? 'Close its card' : 'Open its card'}
          data-testid={`model-${name}`}
        >
          <b>{name}</b>
          <span className="nl-dim nl-small">
            {updates === null ? 'updates not known' : `${updates} updates`}, {gatesLine(evaluation)}
          </span>
        </button>
        {isCurrent ? (
          <span className="nl-current" title="Everybody on this server is given it first">
            Current
          </span>
        ) : (
          <Button
            disabled={busy}
            onPress={() => void models.choose(name)}
            label={`Use ${name} as the current model`}
            title="Give it first to everybody on this server, from now on"
            testId={`use-${name}`}
          >
            Use
          </Button>
        )}
      </div>
      {open && <ModelCard model={model} />}
    </li>
  );
}
