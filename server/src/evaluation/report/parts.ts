/** Pieces of HTML that the sections share. All text is escaped here, or where it is called `html`. */
import { escapeHtml } from '../../gan/report/html.ts';

/** A table cell: plain text, or HTML that is ready. */
export type Cell = string | { readonly html: string; readonly class?: string };

export interface TableText {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell of a row is its header. */
  readonly rows: readonly (readonly Cell[])[];
  /** For links to a row. */
  readonly ids?: readonly (string | undefined)[];
  readonly class?: string;
}

export function tableHtml({ caption, head, rows, ids = [], class: name = '' }: TableText): string {
  const cell = (content: Cell, tag: 'td' | 'th scope="row"'): string => {
    const html = typeof content === 'string' ? escapeHtml(content) : content.html;
    const look =
      typeof content === 'string' || content.class === undefined ? '' : ` class="${content.class}"`;
    return `<${tag}${look}>${html}</${tag.slice(0, 2)}>`;
  };
  const body = rows.map((row, at) => {
    const id = ids[at];
    const cells = row.map((content, column) => cell(content, column === 0 ? 'th scope="row"' : 'td'));
    return `<tr${id === undefined ? '' : ` id="${escapeHtml(id)}"`}>${cells.join('')}</tr>`;
  });
  const heads = head.map((text) => `<th scope="col">${escapeHtml(text)}</th>`);
  return (
    `<div class="wide"><table${name === '' ? '' : ` class="${name}"`}><caption>${escapeHtml(caption)}</caption>` +
    `<thead><tr>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
  );
}

/** A section with its heading. */
export const section = (id: string, title: string, ...html: readonly string[]): string =>
  `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escapeHtml(title)}</h2>\n${html.join('\n')}\n</section>`;

export const paragraph = (text: string, look = ''): string =>
  `<p${look === '' ? '' : ` class="${look}"`}>${escapeHtml(text)}</p>`;

/** What was not computed is said with its reason. */
export const notComputed = (reason: string | null): string =>
  `not computed: ${reason ?? 'no reason was given'}`;

/** A verdict that is told by sign, word and colour. */
export function verdict(kind: 'good' | 'fair' | 'bad' | 'none', text: string): Cell {
  const signs = { good: '✓', fair: '◐', bad: '✕', none: '–' };
  return {
    html: `<span class="verdict ${kind}"><span aria-hidden="true">${signs[kind]}</span> ${escapeHtml(text)}</span>`,
  };
}

/** Of the row of a figure. */
export const figureId = (key: string): string => `figure-${key.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
/** Of the row of a gate. */
export const gateId = (name: string): string => `gate-${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;

/** In the tag of a picture that shows a real nodule, or what was made of one. */
const PATIENT = ' data-shows="patient"';

/** @param url data URL */
export const pictureHtml = (
  url: string,
  words: string,
  { patient, size = '' }: { readonly patient: boolean; readonly size?: string },
): string => `<img${patient ? PATIENT : ''} src="${escapeHtml(url)}"${size} alt="${escapeHtml(words)}">`;

/** The name of a real nodule, which may hold that of its patient. */
export const patientName = (name: string): string => `<span${PATIENT}>${escapeHtml(name)}</span>`;

/**
 * A report that may be passed on where pictures and names of patients may not. Text is escaped, so only what is marked is
 * met.
 */
export const withoutPatients = (page: string): string =>
  page
    .replaceAll(
      new RegExp(`<img${PATIENT}[^>]*>`, 'g'),
      '<span class="faint">Not in this copy: it would show real nodules.</span>',
    )
    .replaceAll(new RegExp(`<span${PATIENT}>[^<]*</span>`, 'g'), 'a training nodule');
