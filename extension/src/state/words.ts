/** Numbers and ratings in the words that readers use. */
import type { Job, Nodule, PlacementSetting, Preview, QualityCheck } from '@nodulelab/contract';

/** LIDC texture: 1 = non-solid, 3 = part-solid, 5 = solid; a median may lie between. */
export function textureWord(texture: number): string {
  if (texture < 1.75) return 'ground glass';
  if (texture < 2.75) return 'mostly ground glass';
  if (texture <= 3.25) return 'part-solid';
  if (texture <= 4.25) return 'mostly solid';
  return 'solid';
}

/** LIDC malignancy, 1 to 5; the words are those of the LIDC reading form. */
export function malignancyWord(malignancy: number): string {
  if (malignancy < 1.5) return 'highly unlikely';
  if (malignancy < 2.5) return 'moderately unlikely';
  if (malignancy <= 3.5) return 'indeterminate';
  if (malignancy <= 4.5) return 'moderately suspicious';
  return 'highly suspicious';
}

export const readersWord = (readers: number): string => (readers === 1 ? '1 reader' : `${readers} readers`);

/** With a true minus sign, so that columns of HU line up. */
export const signed = (value: number): string => `${value < 0 ? '\u2212' : ''}${Math.abs(Math.round(value))}`;

export const millimetres = (value: number): string => `${value.toFixed(1)}\u2009mm`;

/** At most three significant digits: a check's value is read, not computed with. */
export function checkValue(value: number | null): string {
  if (value === null) return '\u2013';
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
  return text.replace('-', '\u2212');
}

/** Checks carry names of the wire; abbreviations stay as readers write them. */
export function checkName(name: string): string {
  const words = name.replaceAll('-', ' ').replace(/\bhu\b/gi, 'HU');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const VERDICT_WORDS: Readonly<Record<QualityCheck['verdict'], string>> = {
  good: 'good',
  fair: 'fair',
  bad: 'poor',
  unknown: 'not measured',
};

/** Units as readers write them. */
export const checkUnit = (unit: string): string => (unit === 'sigma' ? '\u03c3' : unit);

/** Where in the lung, as readers say it. */
export const SETTING_WORDS: Readonly<Record<PlacementSetting, string>> = {
  parenchyma: 'in the parenchyma',
  'juxta-pleural': 'at the pleura',
  'vessel-attached': 'at a vessel',
};

/**
 * What an edit does, in one line.
 *
 * @param nodules those of the CT: a removed one is called by its number
 */
export function editLine({ edit, diameterMm }: Preview, nodules: readonly Nodule[]): string {
  if (edit.kind === 'insert') return `Insert ${millimetres(diameterMm)} ${SETTING_WORDS[edit.setting]}`;
  const number = nodules.find(({ id }) => id === edit.noduleId)?.number;
  return `Remove nodule${number === undefined ? '' : ` ${number}`}, ${millimetres(diameterMm)}`;
}

/** One line for screen readers and tooltips. */
export function describeNodule(nodule: Nodule): string {
  const parts = [`Nodule ${nodule.number}`, millimetres(nodule.diameterMm), readersWord(nodule.readers)];
  if (nodule.consensus)
    parts.push(
      textureWord(nodule.consensus.texture),
      `malignancy ${malignancyWord(nodule.consensus.malignancy)}`,
    );
  if (nodule.annotation) parts.push(`marked by ${nodule.annotation.author}`);
  return parts.join(', ');
}

export function jobLine(job: Job): string {
  switch (job.state) {
    case 'queued':
      return job.position === 0 ? 'About to start' : `Waiting, number ${job.position + 1} in the queue`;
    case 'running':
      return job.message;
    case 'done':
      return 'Done';
    case 'failed':
      return job.error.message;
    case 'cancelled':
      return 'Cancelled; nothing was written';
  }
}
