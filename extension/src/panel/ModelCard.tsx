/** What a generator is, how good it was found to be, and the way to the whole report. */
import type { Model, ModelEvaluation } from '@nodulelab/contract';
import { pathOf } from '../api/client.ts';
import {
  evaluationLine,
  GATE_VERDICTS,
  gatesLine,
  gateVerdict,
  gateWord,
  measuredText,
} from '../state/modelWords.ts';
import { ClassifiersLine, ClassifiersTable } from './ModelClassifiers.tsx';

interface FoldProps {
  readonly model: Model;
  readonly open: boolean;
  readonly onToggle: () => void;
  /** The name is chosen beside it. */
  readonly nameless: boolean;
}

/** Opens and closes the card; closed it tells the shortest of it. */
export function ModelFold({ model, open, onToggle, nameless }: FoldProps) {
  const line = gatesLine(model.evaluation);
  return (
    <button
      type="button"
      className="nl-fold nl-small nl-model-fold"
      aria-expanded={open}
      aria-label={`${model.name}: ${line}`}
      title={open ? 'Close' : 'What this generator is and how good it was found to be'}
      onClick={onToggle}
      data-testid="model-fold"
    >
      {nameless ? line : `${model.name}: ${line}`}
    </button>
  );
}

export function ModelCard({ model }: { readonly model: Model }) {
  const { name, summary, evaluation, classification, pictures } = model;
  return (
    <div
      className="nl-model nl-small"
      role="region"
      aria-label={`Generator ${name}`}
      // Longer than its room: the keyboard scrolls it.
      tabIndex={0}
      data-testid="model-card"
    >
      {evaluation === null ? (
        <p data-testid="model-not-evaluated">
          <b>Not evaluated.</b> How good its nodules are is not known:{' '}
          <code>nodulelab evaluate --model {name}</code> finds out.
        </p>
      ) : (
        <EvaluationLine name={name} evaluation={evaluation} />
      )}
      {classification === null ? (
        <p className="nl-dim" data-testid="model-not-classified">
          No experiment with classifiers is attached: whether one learns from its nodules is not known.
        </p>
      ) : (
        <ClassifiersLine name={name} classification={classification} />
      )}
      {evaluation !== null && <EvaluationTables evaluation={evaluation} />}
      {classification !== null && <ClassifiersTable designs={classification.designs} />}
      {pictures.length > 0 && (
        <ul className="nl-row nl-model-pictures" aria-label="Pictures">
          {pictures.map(({ file, caption }) => {
            const address = pathOf('/api', '/models/:name/pictures/:picture', { name, picture: file });
            return (
              <li key={file}>
                <a
                  href={address}
                  target="_blank"
                  rel="noreferrer"
                  title={caption}
                  data-testid="model-picture"
                >
                  <img src={address} alt={caption} loading="lazy" />
                </a>
              </li>
            );
          })}
        </ul>
      )}
      <p className="nl-dim">{summary}</p>
    </div>
  );
}

interface EvaluationProps {
  readonly evaluation: ModelEvaluation;
}

function EvaluationLine({ name, evaluation }: EvaluationProps & { readonly name: string }) {
  const { errors } = evaluation;
  return (
    <>
      <p className="nl-row">
        <span className="nl-wide nl-dim">{evaluationLine(evaluation)}</span>
        <a
          className="nl-link"
          href={pathOf('/api', '/models/:name/report', { name })}
          target="_blank"
          rel="noreferrer"
          data-testid="model-report"
        >
          Open the report
        </a>
      </p>
      {errors.length > 0 && (
        <p className="nl-note nl-bad" data-testid="model-errors">
          Not to be relied on: {errors.join(' ')}
        </p>
      )}
    </>
  );
}

function EvaluationTables({ evaluation: { gates, figures } }: EvaluationProps) {
  return (
    <>
      <table className="nl-checks" data-testid="model-gates">
        <tbody>
          {gates.map((gate) => {
            const verdict = gateVerdict(gate);
            return (
              <tr key={gate.name} data-verdict={verdict} title={`${gate.rule}. Found: ${gate.found}`}>
                <td>
                  <span className="nl-light" data-verdict={verdict} aria-hidden="true" />
                </td>
                <th scope="row">{gateWord(gate)}</th>
                <td>{GATE_VERDICTS[verdict]}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {figures.length > 0 && (
        <table className="nl-model-figures">
          <thead>
            <tr>
              <th scope="col">Figure</th>
              <th scope="col">Measured</th>
              <th scope="col" title="The same between real nodules of different patients">
                Floor
              </th>
            </tr>
          </thead>
          <tbody>
            {figures.map(({ title, definition, unit, measured, floor }) => (
              <tr key={title} title={definition}>
                <th scope="row">{title}</th>
                <td>
                  {measuredText(measured)} {unit}
                </td>
                <td className="nl-dim">{floor === null ? '\u2013' : measuredText(floor)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
