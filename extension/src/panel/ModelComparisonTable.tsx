/** Models side by side. */
import type { ModelComparison } from '@nodulelab/contract';
import { Dialog } from './Dialog.tsx';

export function ModelComparisonTable({
  comparison: { models, groups },
  onClose,
}: {
  readonly comparison: ModelComparison;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title="Models side by side" onClose={onClose} testId="comparison">
      {/* Longer than its room: the keyboard scrolls it. */}
      <div className="nl-compared" tabIndex={0} role="region" aria-label="Models side by side">
        <table style={{ minWidth: 190 + 230 * models.length }}>
          <thead>
            <tr>
              <th scope="col">
                <span className="nl-hidden">Question</span>
              </th>
              {models.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          {groups.map(({ title, rows }) => (
            <tbody key={title}>
              <tr>
                <th scope="rowgroup" colSpan={models.length + 1} className="nl-group">
                  {title}
                </th>
              </tr>
              {rows.map((row) => (
                <tr key={row.title}>
                  <th scope="row" title={row.hint ?? undefined}>
                    {row.title}
                  </th>
                  {row.cells.map(({ text, verdict }, at) => (
                    <td key={models[at]} data-verdict={verdict ?? undefined}>
                      {verdict !== null && (
                        <span className="nl-light" data-verdict={verdict} aria-hidden="true" />
                      )}
                      {text}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </Dialog>
  );
}
