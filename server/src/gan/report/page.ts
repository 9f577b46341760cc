/** `report.html`: how a run went, on one page that loads nothing from elsewhere. */
import { lineChart, type Chart } from './chart.ts';
import type { CurvePoint } from './curveFile.ts';
import { escapeHtml } from './html.ts';
import { REPORT_STYLE } from './pageStyle.ts';
import type { RunPictures } from './pictures.ts';
import type { Run } from './runFile.ts';

const STATES: Readonly<Record<Run['state'], string>> = {
  running: 'running',
  complete: 'complete',
  limit: 'ended at its limit',
  aborted: 'stopped by its user',
  failed: 'failed',
};

/** While it runs, an open page reads itself again. */
const REFRESH_SECONDS = 60;

/** @param curve points in the order of their updates */
export function reportPage(run: Run, curve: readonly CurvePoint[], pictures: RunPictures): string {
  const title = `Training ${run.preset.name}, seed ${run.seed}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${run.state === 'running' ? `<meta http-equiv="refresh" content="${REFRESH_SECONDS}">` : ''}
<title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)} <span class="state ${run.state}">${STATES[run.state]}</span></h1>
${run.error === null ? '' : `<p class="error" role="alert">${escapeHtml(run.error.message)}</p>`}
<dl>${facts(run, curve)
    .map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('')}</dl>
${warningsOf(run)}
<h2>Curves over generator updates</h2>
<section class="charts">
${charts(curve).map(lineChart).join('\n')}
</section>
${samplesOf(pictures)}
<footer>Written ${moment(run.updated)} by NoduleLab ${escapeHtml(run.codeVersion ?? '')}. Generated patches are for research only.</footer>
</body>
</html>
`;
}

function facts(run: Run, curve: readonly CurvePoint[]): (readonly [string, string])[] {
  const newest = curve.at(-1);
  const { name, patches, heldBack, size, sha256 } = run.dataset;
  return [
    ['Generator updates', String(run.update)],
    ...(newest === undefined
      ? []
      : ([
          [
            'Stage',
            `${newest.stage + 1} of ${run.preset.stages.length}, ${newest.resolution}³, epoch ${newest.epoch.toFixed(1)}`,
          ],
          ['Seconds per update', newest.secondsPerUpdate.toPrecision(3)],
          ['Waiting for data', `${(100 * newest.dataWaitShare).toFixed(1)}% of the time`],
        ] as const)),
    ['Time trained', duration(run.seconds)],
    ['Engine', run.engine.reason === null ? run.engine.name : `${run.engine.name}: ${run.engine.reason}`],
    ['Patches', `${patches} of ${size}³${name === null ? '' : ` from ${name}`}`],
    ...(heldBack === 0 ? [] : ([['Held back', `${heldBack} patches of other patients`]] as const)),
    ...(run.augmentation === null
      ? []
      : ([
          [
            'Augmentation',
            `in ${(100 * run.augmentation.probability).toFixed(0)}% of the cases; overfitting ${run.augmentation.overfitting.toFixed(2)}`,
          ],
        ] as const)),
    ...(sha256 === null ? [] : ([['SHA-256 of the patches', `${sha256.slice(0, 16)}…`]] as const)),
    ...run.ancestors
      .slice(-1)
      .map(
        ({ source, taken, updates }) =>
          [
            'Began with',
            `${taken === 'generator' ? 'the generator' : taken} of ${source}${updates === null ? '' : ` after ${updates} updates`}`,
          ] as const,
      ),
    ['Started', moment(run.started)],
    ...run.resumed
      .slice(-1)
      .map(({ at, update }) => ['Resumed', `${moment(at)} at update ${update}`] as const),
    ...(run.lastGood === null ? [] : ([['Last good checkpoint', run.lastGood]] as const)),
  ];
}

function warningsOf({ warnings }: Run): string {
  if (warnings.length === 0)
    return '<p class="well">No warnings: balance, gradients and samples look as they should.</p>';
  const items = warnings
    .toReversed()
    .map(({ update, message }) => `<li><b>Update ${update}</b> ${escapeHtml(message)}</li>`);
  return `<section class="warnings"><h2>Warnings</h2><ul>${items.join('')}</ul></section>`;
}

function charts(curve: readonly CurvePoint[]): Chart[] {
  const updates = curve.map((point) => point.update);
  const of = (column: keyof CurvePoint): number[] => curve.map((point) => point[column] ?? Number.NaN);
  const marks = curve
    .filter((point, i) => i > 0 && curve[i - 1]!.stage !== point.stage)
    .map((point) => ({ update: point.update, label: `${point.resolution}³` }));
  const common = { updates, marks };
  return [
    {
      ...common,
      title: 'Critic',
      hint: 'The estimate of the distance between real and generated patches; it shrinks as they grow alike.',
      series: [
        { name: 'Wasserstein estimate', values: of('wasserstein') },
        { name: 'critic loss', values: of('criticLoss') },
      ],
      ideal: 0,
    },
    {
      ...common,
      title: 'Generator loss',
      hint: 'Minus the critic’s mean score of generated patches; its level means nothing, a drift away does.',
      series: [{ name: 'generator loss', values: of('generatorLoss') }],
    },
    {
      ...common,
      title: 'Slope of the critic',
      hint: 'Mean ‖∇D‖ at mixed images; the gradient penalty holds it near 1.',
      series: [{ name: '‖∇D‖', values: of('gradientNorm') }],
      ideal: 1,
    },
    {
      ...common,
      title: 'Gradient penalty',
      hint: 'Mean of (‖∇D‖ − 1)², before its weight.',
      series: [{ name: 'penalty', values: of('gradientPenalty') }],
      logarithmic: true,
    },
    {
      ...common,
      title: 'Gradient norms',
      hint: 'Over all parameters of a network; neither should vanish nor grow without end.',
      series: [
        { name: 'critic', values: of('criticGradientNorm') },
        { name: 'generator', values: of('generatorGradientNorm') },
      ],
      logarithmic: true,
    },
    ...(curve.some((point) => point.augmentation !== undefined)
      ? [
          {
            ...common,
            title: 'Adaptive augmentation',
            hint: 'Overfitting of the critic: 0 where held-back patients score as those trained on, 1 as generated ones. The probability is steered by it.',
            series: [
              { name: 'probability', values: of('augmentation') },
              { name: 'overfitting', values: of('overfitting') },
            ],
          },
        ]
      : []),
    {
      ...common,
      title: 'Seconds per update',
      hint: 'Running mean.',
      series: [{ name: 'seconds', values: of('secondsPerUpdate') }],
    },
  ];
}

function samplesOf({ real, samples }: RunPictures): string {
  const figures = samples
    .toReversed()
    .map(({ update, step, url }) =>
      figure(url, step === 0 ? `update ${update}` : `update ${update}, ${step} critic steps on`),
    );
  const comparison = real === null ? [] : [figure(real, 'real patches, for comparison')];
  if (figures.length === 0) return '<p class="empty">Samples appear with the first checkpoint.</p>';
  return `<section><h2>Samples at checkpoints</h2><p>The same latent vectors each time, newest first: middle slices of the averaged generator’s patches.</p><div class="grids">${[...comparison, ...figures].join('')}</div></section>`;
}

const figure = (url: string, caption: string): string =>
  `<figure><img src="${url}" alt="Middle slices, ${escapeHtml(caption)}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`;

const moment = (iso: string): string => iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
