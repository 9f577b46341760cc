/** Where a series comes from, in words that fit on a card. */
import type { Edit, SeriesProvenance } from '@nodulelab/contract';
import { millimetres } from './words.ts';

export type SyntheticProvenance = Extract<SeriesProvenance, { kind: 'synthetic' }>;

/** What an edit did. */
export const editTitle = (edit: Edit): string =>
  edit.kind === 'remove'
    ? `Nodule of ${millimetres(edit.diameterMm)} removed`
    : `Nodule of ${millimetres(edit.measured.diameterMm)} inserted`;

/** By which generator, and with which seed: enough to make it again. */
export function madeBy(edit: Edit): string {
  if (edit.kind === 'remove') return `Lung refilled, seed ${edit.seed}.`;
  const { model, seed, index } = edit;
  const generator = model === null ? 'Generator not recorded' : `Generator ${model.name}`;
  const sample =
    seed === null ? 'a patch from a file' : `seed ${seed}${index === null ? '' : `, candidate ${index + 1}`}`;
  return `${generator}, ${sample}.`;
}

/** The first digits, by which people compare hashes; null where there is none. */
export const modelHash = (edit: Edit): string | null =>
  edit.kind === 'insert' && edit.model?.sha256 ? edit.model.sha256.slice(0, 12) : null;

export type SignatureState = 'valid' | 'broken' | 'absent' | 'unknown';

export interface Signature {
  readonly state: SignatureState;
  /** A word for the state. */
  readonly word: string;
  readonly explanation: string;
}

const SIGNATURE_WORDS: Readonly<Record<SignatureState, string>> = {
  valid: 'valid',
  broken: 'not valid',
  absent: 'none',
  unknown: 'not checked',
};

/** What is known of the signature from the slices that were looked at. */
export function signatureOf({ verification }: SyntheticProvenance): Signature {
  const say = (state: SignatureState, explanation: string): Signature => ({
    ...{ state, explanation },
    word: SIGNATURE_WORDS[state],
  });
  if (verification === null) return say('unknown', 'The archive does not have the series any more.');
  const { evidence, slicesLookedAt, slices } = verification;
  const found = evidence.find(({ by }) => by === 'signature');
  const looked = `${slicesLookedAt} of ${slices} slices were looked at.`;
  if (!found) return say('unknown', looked);
  return say(found.outcome === 'present' ? 'valid' : found.outcome, `${found.explanation} ${looked}`);
}

/** One line for what is on the screen; null where there is nothing to tell. */
export function originLine(provenance: SeriesProvenance): string | null {
  if (provenance.kind === 'synthetic') return provenance.summary;
  const { length } = provenance.madeOfIt;
  if (length === 0) return null;
  return length === 1
    ? 'One synthetic series was made of this CT.'
    : `${length} synthetic series were made of this CT.`;
}

/** Day and minute in the reader's own zone and manner. */
export const writtenText = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
