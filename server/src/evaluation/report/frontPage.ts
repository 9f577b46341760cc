/** What a reader must see first: whether the figures can be trusted, of what they are, the gates and the scorecard. */
import { escapeHtml } from '../../gan/report/html.ts';
import type { Criterion, EvaluationResult, Gate, SetSummary } from '../result.ts';
import { counted, moment } from './numbers.ts';
import { type Cell, figureId, gateId, paragraph, section, tableHtml, verdict } from './parts.ts';
import { GATE_QUESTIONS, VERDICT_KINDS } from './words.ts';

export function titleOf({ synthetic }: EvaluationResult): string {
  return `Evaluation of ${synthetic.model?.name ?? synthetic.name}`;
}

export function header(result: EvaluationResult): string {
  const { real, synthetic, gates, errors, finishedAt } = result;
  const patients = real.patients === null ? '' : ` of ${counted(real.patients, 'patient')}`;
  const state = stateOf(gates, errors.length);
  return `<header>
<h1>${escapeHtml(titleOf(result))}</h1>
<p><span class="state ${state.look}">${escapeHtml(state.text)}</span></p>
<p class="lead">${escapeHtml(
    `${counted(synthetic.count, 'synthetic nodule')} against ${counted(real.count, 'real nodule')}${patients} of the ${real.fold} fold, ${moment(finishedAt)}.`,
  )}</p>
</header>`;
}

function stateOf(gates: readonly Gate[], errors: number): { text: string; look: string } {
  const failed = gates.filter(({ passed }) => passed === false).length;
  const open = gates.filter(({ passed }) => passed === null).length;
  const passed = gates.length - failed - open;
  const text = [
    `${passed} of ${counted(gates.length, 'gate')} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(open > 0 ? [`${open} could not be judged`] : []),
  ].join(', ');
  if (errors > 0)
    return { text: `Not to be relied on: ${counted(errors, 'error')}. ${text}`, look: 'bad-word' };
  if (failed > 0) return { text, look: 'bad-word' };
  return { text, look: open > 0 || gates.length === 0 ? 'fair' : 'good' };
}

/** Errors and warnings, in plain sight. */
export function notes({ errors, warnings }: EvaluationResult): string {
  const list = (items: readonly string[], look: string): string =>
    `<ul class="notes ${look}">${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
  return [
    ...(errors.length > 0
      ? [`<div role="alert"><h2>Errors of this evaluation</h2>${list(errors, 'errors')}</div>`]
      : [
          paragraph(
            'No errors: every control was caught, and every classifier that is used as evidence was proved.',
            'good',
          ),
        ]),
    ...(warnings.length > 0 ? [`<h2>What to know before reading</h2>${list(warnings, '')}`] : []),
  ].join('\n');
}

export function gatesSection({ gates }: EvaluationResult): string {
  const marks = { true: verdict('good', 'passed'), false: verdict('bad', 'failed') };
  return section(
    'gates',
    'Gates',
    tableHtml({
      caption: 'Each gate asks one question. The limits were fixed before anything was measured.',
      head: ['Gate', 'Verdict', 'Found', 'What passes'],
      rows: gates.map(({ name, rule, passed, found }) => [
        withSmall(name, GATE_QUESTIONS[name]),
        passed === null ? verdict('none', 'not judged') : marks[`${passed}`],
        found,
        rule,
      ]),
      ids: gates.map(({ name }) => gateId(name)),
    }),
  );
}

/** Evidence that is no figure of its own but a part of the page. */
const SECTIONS: Readonly<Record<string, string>> = { adherence: 'adherence', controls: 'controls' };

export function scorecardSection({ scorecard, figures, gates }: EvaluationResult): string {
  const known = new Map([
    ...figures.map(({ key }) => [key, figureId(key)] as const),
    ...gates.map(({ name }) => [name, gateId(name)] as const),
  ]);
  const evidence = (names: Criterion['evidence']): Cell => ({
    html: names
      .map((name) => {
        const id = known.get(name) ?? SECTIONS[name.split('/')[0]!];
        return id === undefined ? escapeHtml(name) : `<a href="#${id}">${escapeHtml(name)}</a>`;
      })
      .join(', '),
    class: 'small',
  });
  return section(
    'scorecard',
    'Scorecard',
    tableHtml({
      caption: 'Seven criteria for synthetic data, each with the figures that it rests on.',
      head: ['Criterion', 'Verdict', 'What was found', 'Evidence'],
      rows: scorecard.map(({ criterion, question, verdict: found, text, evidence: names }) => [
        withSmall(capital(criterion), question),
        verdict(VERDICT_KINDS[found], found),
        text,
        evidence(names),
      ]),
    }),
  );
}

export function setsSection({ real, synthetic, training, floorOf }: EvaluationResult): string {
  const sets: readonly (readonly [string, SetSummary])[] = [
    ['Real', real],
    ['Synthetic', synthetic],
    ...(training === null ? [] : [['Training', training] as const]),
  ];
  const row = (name: string, of: (set: SetSummary) => Cell): Cell[] => [
    name,
    ...sets.map(([, set]) => of(set)),
  ];
  const hash = (text: string | null): Cell =>
    text === null ? 'not known' : { html: `<code>${text.slice(0, 16)}</code>` };
  return section(
    'sets',
    'The sets',
    tableHtml({
      caption: 'What was held against what. Patches are named by the first 16 digits of their SHA-256.',
      head: ['', ...sets.map(([role]) => role)],
      rows: [
        row('Name', ({ name }) => name),
        row('Patches', ({ count }) => String(count)),
        row('Patients', ({ patients }) => (patients === null ? 'none: generated' : String(patients))),
        row('Classes', ({ classes }) => classesOf(classes)),
        row('Fold', ({ fold }) => fold),
        row('Form, field of view', ({ form, fieldOfView }) => `${form}, ${fieldOfView}`),
        row('Soft margin', ({ softMargin }) => softMargin ?? 'none'),
        row('Window', ({ windowHu: [low, high] }) => `${low} to ${high} HU`.replaceAll('-', '−')),
        row('SHA-256 of the patches', ({ sha256 }) => hash(sha256)),
        row('SHA-256 of the split', ({ splitSha256 }) => hash(splitSha256)),
        row('Made by', ({ model }) =>
          model === null
            ? '–'
            : { html: `${escapeHtml(model.name)}, weights <code>${model.sha256.slice(0, 16)}</code>` },
        ),
      ],
    }),
    paragraph(`The floor, real against real: ${floorOf}`),
  );
}

/** A name with what it asks below it. */
const withSmall = (name: string, small: string | undefined): Cell => ({
  html: `${escapeHtml(name)}${small === undefined ? '' : `<br><small>${escapeHtml(small)}</small>`}`,
});

function classesOf(classes: SetSummary['classes']): string {
  const parts = Object.entries(classes).filter(([, count]) => count > 0);
  return parts.map(([name, count]) => `${count} ${name}`).join(', ') || 'none';
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
