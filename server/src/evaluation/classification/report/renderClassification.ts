/** `classification.html`: one page that loads nothing, runs no script and opens from disk. No patient is named in it. */
import { escapeHtml } from '../../../gan/report/html.ts';
import { moment } from '../../report/numbers.ts';
import { paragraph } from '../../report/parts.ts';
import type { ClassificationResult } from '../result.ts';
import { claimSection } from './claimSection.ts';
import { CLASSIFICATION_STYLE } from './classificationStyle.ts';
import { shortTitle } from './armKinds.ts';
import { designId, designSection } from './designSection.ts';
import { answerSection, header, TITLE } from './frontPage.ts';
import { armsSection, howSection, notesSection } from './howSection.ts';

/** @returns HTML; all text in it is escaped */
export function renderClassification(result: ClassificationResult): string {
  const { designs, generator, notes, finishedAt, codeVersion } = result;
  const parts = [
    ['answer', 'Answer'],
    ['claim', 'The claim'],
    ...(notes.length === 0 ? [] : [['notes', 'What to know']]),
    ['arms', 'What was compared'],
    ...designs.map((design) => [designId(design), shortTitle(design)]),
    ['how', 'How it was done'],
  ] as [string, string][];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(generator === null ? TITLE : `${TITLE} ${generator.name}`)}</title>
<style>${CLASSIFICATION_STYLE}</style>
</head>
<body>
${header(result)}
<nav aria-label="Parts of this report"><ul>${parts.map(([id, name]) => `<li><a href="#${id}">${escapeHtml(name)}</a></li>`).join('')}</ul></nav>
<main>
${answerSection(result)}
${claimSection(result)}
${notesSection(result)}
${armsSection(result)}
${designs.length === 0 ? paragraph('No seed is finished yet: there are no figures.') : designs.map(designSection).join('\n')}
${howSection(result)}
</main>
<footer>Written ${escapeHtml(moment(finishedAt))} by NoduleLab ${escapeHtml(codeVersion)}. Generated nodules are for research only; nothing here is evidence that they help patients.</footer>
</body>
</html>
`;
}
