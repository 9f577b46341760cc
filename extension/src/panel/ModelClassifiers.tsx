/** What classifiers learned from a generator's nodules, in short, and the way to the whole report. */
import type { ModelClassification } from '@nodulelab/contract';
import { pathOf } from '../api/client.ts';
import { designLine, findingLine, gainText, gainTitle } from '../state/classifierWords.ts';
import { measuredText } from '../state/modelWords.ts';

interface Props {
  /** Of the model. */
  readonly name: string;
  readonly classification: ModelClassification;
}

export function ModelClassifiers({ name, classification }: Props) {
  const { finishedAt, designs, errors } = classification;
  return (
    <>
      <p className="nl-row">
        <span className="nl-wide nl-dim">
          Classifiers trained with its nodules, {finishedAt.slice(0, 10)}
        </span>
        <a
          className="nl-link"
          href={pathOf('/api', '/models/:name/classification', { name })}
          target="_blank"
          rel="noreferrer"
          data-testid="model-classification"
        >
          Open their report
        </a>
      </p>
      <p className={errors.length > 0 ? 'nl-note nl-bad' : undefined} data-testid="model-finding">
        {findingLine(classification)}
      </p>
      <table className="nl-model-figures" data-testid="model-classifiers">
        <thead>
          <tr>
            <th scope="col">Trained on</th>
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
            {design.arms.map(({ name: arm, kind, title, auc, overReal }) => (
              <tr key={arm}>
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
    </>
  );
}
