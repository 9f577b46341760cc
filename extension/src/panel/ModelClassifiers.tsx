/** What classifiers learned from a generator's nodules, in short, and the way to the whole report. */
import type { ModelClassification } from '@nodulelab/contract';
import { pathOf } from '../api/client.ts';
import { designLine, findingLine, gainText, gainTitle } from '../state/classifierWords.ts';
import { measuredText } from '../state/modelWords.ts';

interface LineProps {
  /** Of the model. */
  readonly name: string;
  readonly classification: ModelClassification;
}

/** The answer, with the way to the report beside it. */
export function ClassifiersLine({ name, classification }: LineProps) {
  const { finishedAt, errors } = classification;
  return (
    <>
      <p className="nl-row">
        <span className="nl-wide nl-dim" data-testid="model-finding">
          {findingLine(classification)} {finishedAt.slice(0, 10)}
        </span>
        <a
          className="nl-link"
          href={pathOf('/api', '/models/:name/classification', { name })}
          target="_blank"
          rel="noreferrer"
          title="Opens the report of the experiment"
          data-testid="model-classification"
        >
          Classifiers
        </a>
      </p>
      {errors.length > 0 && (
        <p className="nl-note nl-bad">The classifiers are not to be relied on: {errors.join(' ')}</p>
      )}
    </>
  );
}

/** The arms that most would ask for first, below each label rule. */
export function ClassifiersTable({ designs }: Pick<ModelClassification, 'designs'>) {
  return (
    <table className="nl-model-figures" data-testid="model-classifiers">
      <thead>
        <tr>
          <th scope="col">Classifier of</th>
          <th scope="col" title="Area under the ROC curve on real nodules, mean over seeds">
            AUC
          </th>
          <th scope="col">Over real only</th>
        </tr>
      </thead>
      {designs.map((design) => (
        <tbody key={design.rule}>
          <tr title={design.text}>
            <th scope="rowgroup" colSpan={3} className="nl-dim">
              {designLine(design)}
            </th>
          </tr>
          {design.arms.map(({ name, kind, title, auc, overReal }) => (
            <tr key={name}>
              <th scope="row" title={kind === 'baseline' ? 'A logistic regression, no network' : undefined}>
                {title}
              </th>
              <td>{measuredText(auc)}</td>
              <td title={overReal === null ? undefined : gainTitle(overReal)}>
                {overReal === null ? '\u2013' : gainText(overReal)}
              </td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}
