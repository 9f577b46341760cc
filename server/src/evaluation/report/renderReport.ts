/** `report.html` of an evaluation: one page that loads nothing, runs no script and opens from disk. */
import { LEVEL_HU, WIDTH_HU } from '../../dataset/contactSheet/planes.ts';
import { escapeHtml } from '../../gan/report/html.ts';
import type { EvaluationResult } from '../result.ts';
import { adherenceSection } from './adherenceSection.ts';
import { controlsSection } from './controlsSection.ts';
import { memorisationSection, spottingSection } from './evidenceSections.ts';
import { figuresSection } from './figuresSection.ts';
import { gatesSection, header, notes, scorecardSection, setsSection, titleOf } from './frontPage.ts';
import type { ReportPictures, Scatter } from './material.ts';
import { duration, moment } from './numbers.ts';
import { type Cell, paragraph, pictureHtml, section, tableHtml } from './parts.ts';
import { scatterPlot } from './pointPlots.ts';
import { EVALUATION_STYLE } from './reportStyle.ts';
import { CONTROL_WORDS, SPACE_WORDS, VIEW_WORDS } from './words.ts';

const PARTS = [
  ['gates', 'Gates'],
  ['scorecard', 'Scorecard'],
  ['sets', 'Sets'],
  ['figures', 'Figures'],
  ['controls', 'Controls'],
  ['adherence', 'Conditions'],
  ['memorisation', 'Nearest training nodules'],
  ['spotting', 'Classifier'],
  ['pictures', 'Pictures'],
  ['how', 'How it was measured'],
] as const;

/** @returns HTML; all text in it is escaped */
export function renderReport(result: EvaluationResult, pictures: ReportPictures): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(titleOf(result))}</title>
<style>${EVALUATION_STYLE}</style>
</head>
<body>
${header(result)}
${notes(result)}
<nav aria-label="Parts of this report"><ul>${PARTS.map(([id, name]) => `<li><a href="#${id}">${name}</a></li>`).join('')}</ul></nav>
<main>
${gatesSection(result)}
${scorecardSection(result)}
${setsSection(result)}
${figuresSection(result)}
${controlsSection(result)}
${adherenceSection(result, pictures)}
${memorisationSection(result, pictures)}
${spottingSection(result, pictures)}
${picturesSection(pictures)}
${howSection(result, pictures)}
</main>
<footer>Written ${escapeHtml(moment(result.finishedAt))} by NoduleLab ${escapeHtml(result.codeVersion)}. Generated nodules are for research only; nothing here is evidence that they help patients.</footer>
</body>
</html>
`;
}

function picturesSection({ sheets, scatters }: ReportPictures): string {
  const figures = sheets.map(
    ({ name, caption, url, width, height }) =>
      `<figure><figcaption><b>${escapeHtml(groupWord(name))}</b> ${escapeHtml(caption)}</figcaption>` +
      `${pictureHtml(url, `${groupWord(name)}: middle slices`, {
        patient: !WITHOUT_PATIENTS.includes(name),
        size: ` width="${width}" height="${height}"`,
      })}</figure>`,
  );
  return section(
    'pictures',
    'Pictures',
    paragraph(
      figures.length === 0
        ? 'No pictures were made.'
        : `Axial middle slices in the lung window (level −${-LEVEL_HU}, width ${WIDTH_HU} HU), each at the scale of its own patch, the patient's right on the left. The seed drew which are shown; none was chosen by hand.`,
    ),
    ...figures,
    ...(scatters.length === 0
      ? []
      : [
          '<h3 style="margin-top:22px">Where the sets lie</h3>',
          paragraph(
            'Every nodule as a point in the first two directions of its feature space, which were fixed beforehand on real nodules of the training fold. Two directions show only part of what the distances measure.',
          ),
          `<div class="cards">${scatters.map(scatterCard).join('\n')}</div>`,
        ]),
  );
}

const scatterCard = (scatter: Scatter): string => {
  const title = `${SPACE_WORDS[scatter.space]}, ${VIEW_WORDS[scatter.view]}`;
  return `<div class="card"><h3>${escapeHtml(title)}</h3>${scatterPlot(scatter, `Points of each set: ${title}`)}</div>`;
};

/** All other groups hold real nodules, or what was made of them voxel by voxel. */
const WITHOUT_PATIENTS: readonly string[] = ['synthetic', 'ellipsoids'];
const GROUP_WORDS: Readonly<Record<string, string>> = {
  ...CONTROL_WORDS,
  real: 'real nodules',
  synthetic: 'synthetic nodules',
};

function groupWord(name: string): string {
  const word = GROUP_WORDS[name] ?? name;
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function howSection(result: EvaluationResult, { command }: ReportPictures): string {
  const { spaces, networks, seed, draws, seconds } = result;
  const code = (text: string): Cell => ({ html: `<code>${escapeHtml(text)}</code>` });
  const all = Object.values(seconds).reduce((sum, one) => sum + one, 0);
  return section(
    'how',
    'How it was measured',
    paragraph(
      `Seed ${seed}, ${draws} bootstrap draws. All sides of a distance have the same number of nodules. Whole patch: the cube as it is. Crop to the nodule: a cube with an edge of 1.5 times the measured diameter, scaled to the same number of voxels.`,
    ),
    tableHtml({
      caption:
        'Feature spaces. The dimension is a tenth of the number of nodules at most, fixed before anything was measured.',
      head: ['Space', 'Directions used', 'Features', 'How the directions were fixed'],
      rows: spaces.map(({ space, dimension, of, fixedBy }) => [
        SPACE_WORDS[space],
        String(dimension),
        String(of),
        fixedBy,
      ]),
    }),
    ...(networks.length === 0
      ? []
      : [
          tableHtml({
            caption:
              'Networks that measured. They were trained on the training fold only; their cards say how good they are.',
            head: ['Network', 'SHA-256 of its weights'],
            rows: networks.map(({ name, sha256 }) => [name, code(sha256.slice(0, 16))]),
          }),
        ]),
    paragraph('To run it again:'),
    `<pre>${escapeHtml(command)}</pre>`,
    tableHtml({
      caption: `Time taken: ${duration(all)} in all.`,
      head: ['Stage', 'Time'],
      rows: Object.entries(seconds).map(([stage, taken]) => [stage, duration(taken)]),
    }),
  );
}
