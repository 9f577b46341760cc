/** The controls: sets that are known to be bad, through the same gates. One that passes them all is an error. */
import { escapeHtml } from '../../gan/report/html.ts';
import type { EvaluationResult, Gate } from '../result.ts';
import { type Cell, paragraph, section, tableHtml, verdict } from './parts.ts';
import { CONTROL_WORDS } from './words.ts';

export function controlsSection({ controls, gates }: EvaluationResult): string {
  if (controls.length === 0) return section('controls', 'Controls', paragraph('No control was run.'));
  const names = gates.map(({ name }) => name);
  const cellOf = (gate: Gate | undefined): Cell => {
    if (gate === undefined || gate.passed === null) return { html: 'not judged', class: 'faint' };
    return gate.passed ? verdict('none', 'let pass') : verdict('good', 'caught');
  };
  return section(
    'controls',
    'Controls',
    paragraph(
      'Five sets that are known to be bad went through the same gates. Each must be caught by one gate at least: gates that let them pass would prove nothing about the synthetic set.',
    ),
    tableHtml({
      caption: 'Which gate caught which control.',
      head: ['Control', 'Verdict', ...names],
      rows: controls.map(({ name, caughtBy, gates: theirs }) => [
        CONTROL_WORDS[name],
        caughtBy.length > 0
          ? verdict('good', 'caught')
          : verdict('bad', theirs.some(({ passed }) => passed !== null) ? 'passed all' : 'not tried'),
        ...names.map((gate) => cellOf(theirs.find((one) => one.name === gate))),
      ]),
      class: 'matrix',
    }),
    tableHtml({
      caption: 'How each control was made, and by what it was caught.',
      head: ['Control', 'Made', 'Caught, with what was found'],
      rows: controls.map(({ name, made, gates: theirs, caughtBy }) => [
        CONTROL_WORDS[name],
        made,
        {
          html:
            theirs
              .filter((gate) => caughtBy.includes(gate.name))
              .map((gate) => `<b>${escapeHtml(gate.name)}</b>: ${escapeHtml(gate.found)}`)
              .join('<br>') || 'by no gate',
        },
      ]),
    }),
  );
}
