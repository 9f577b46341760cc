/**
 * The attributes that mark a CT image as derived and synthetic, and say how it was made (PS3.3 C.7.6.1.1.3 to
 * C.7.6.1.1.5, C.12.1; PS3.16 CID 7005, 7202, 7203).
 */
import type { Edit, Provenance } from '@nodulelab/contract';
import type { NewDataSet } from './dcmjsFacade.ts';
import { TAG } from './tags.ts';

export type { Edit, Provenance } from '@nodulelab/contract';

/** Private creator of the block that holds the complete provenance as JSON, and its group. */
export const PRIVATE_CREATOR = 'NODULELAB';
export const PRIVATE_GROUP = '0075';
/** Derivation Description is ST: 1,024 characters at most (PS3.5 Table 6.2-1). */
const DESCRIPTION_LIMIT = 1024;

/**
 * Text that every Specific Character Set can hold: the default repertoire, without the backslash that separates
 * values (PS3.5 section 6.1.2).
 */
export function plainText(text: string, limit: number): string {
  return text.replace(/[^\x20-\x7e]|\\/g, '?').slice(0, limit);
}

/** To two decimals, mm. */
const mm = (value: number): string => value.toFixed(2);

export const editText = (edit: Edit): string => {
  const where = `centre LPS (${edit.centre.map(mm).join(', ')}) mm, diameter ${mm(edit.diameterMm)} mm`;
  if (edit.kind === 'remove') return `nodule removed; ${where}`;
  const model = edit.model === null ? 'Model not recorded' : modelText(edit.model);
  const sample = edit.seed === null ? 'patch from a file' : `seed ${edit.seed}, candidate ${edit.index}`;
  return `${model}; ${sample}; ${where}`;
};

const modelText = ({ name, sha256 }: { name: string; sha256: string | null }): string =>
  `Model ${name}, SHA-256 ${sha256 ?? 'not recorded'}`;

const counted = (count: number, what: string): string => (count === 1 ? `1 ${what}` : `${count} ${what}s`);

/** What was done, in words: `2 synthetic lung nodules inserted, 1 lung nodule removed`. */
export function editsInWords(edits: readonly Edit[]): string {
  const removed = edits.filter(({ kind }) => kind === 'remove').length;
  const inserted = edits.length - removed;
  return [
    ...(inserted > 0 ? [`${counted(inserted, 'synthetic lung nodule')} inserted`] : []),
    ...(removed > 0 ? [`${counted(removed, 'lung nodule')} removed`] : []),
  ].join(', ');
}

function derivationDescription({ codeVersion, edits }: Provenance): string {
  const head = `${editsInWords(edits)} by NoduleLab ${codeVersion}; for research only. `;
  const full = head + edits.map(editText).join(' / ');
  const text = full.length <= DESCRIPTION_LIMIT ? full : `${head}See private block ${PRIVATE_CREATOR}.`;
  return plainText(text, DESCRIPTION_LIMIT);
}

/** JSON in ASCII: other characters as \uXXXX. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function codeItem(value: string, scheme: string, meaning: string): NewDataSet {
  return {
    [TAG.CodeValue]: { vr: 'SH', values: [value] },
    [TAG.CodingSchemeDesignator]: { vr: 'SH', values: [scheme] },
    [TAG.CodeMeaning]: { vr: 'LO', values: [meaning] },
  };
}

/** DA and TM of an instant at an offset from UTC ('+0100'; UTC where absent). */
export function dicomDateTime(
  now: Date,
  offset: string | undefined,
): { date: string; time: string; zone: string } {
  const match = /^([+-])(\d{2})(\d{2})$/.exec(offset ?? '');
  const minutes =
    match === null ? 0 : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
  const iso = new Date(now.getTime() + minutes * 60_000).toISOString();
  return {
    date: iso.slice(0, 10).replaceAll('-', ''),
    time: iso.slice(11, 19).replaceAll(':', ''),
    zone: match === null ? '+0000' : match[0],
  };
}

/** A program or model that made part of the content. */
export interface Synthesizer {
  readonly codeVersion: string;
  /** Null where nothing but NoduleLab's own algorithm was at work, or the model is not recorded. */
  readonly model: { readonly name: string; readonly sha256: string | null } | null;
  /** What it did. */
  readonly contribution: string;
}

/** Contributing equipment item: what synthesised part of the content. (109100, DCM) is in CID 7005 as of its
 * version 20240324; PS3.3 C.12.1 names it beside Synthetic Data. */
export function synthesizingEquipment(
  { codeVersion, model, contribution }: Synthesizer,
  dateTime: string,
): NewDataSet {
  const version = model?.sha256?.slice(0, 12);
  return {
    [TAG.Manufacturer]: { vr: 'LO', values: ['NoduleLab'] },
    [TAG.ManufacturerModelName]: { vr: 'LO', values: [plainText(model?.name ?? 'NoduleLab', 64)] },
    [TAG.SoftwareVersions]: {
      vr: 'LO',
      values: [
        plainText(`NoduleLab ${codeVersion}`, 64),
        ...(version === undefined ? [] : [plainText(`model ${version}`, 64)]),
      ],
    },
    [TAG.ContributionDateTime]: { vr: 'DT', values: [dateTime] },
    [TAG.ContributionDescription]: {
      vr: 'ST',
      values: [
        plainText(contribution + (model?.sha256 ? `; model SHA-256 ${model.sha256}` : ''), DESCRIPTION_LIMIT),
      ],
    },
    [TAG.PurposeOfReferenceCodeSequence]: {
      vr: 'SQ',
      values: [codeItem('109100', 'DCM', 'Synthesizing Equipment')],
    },
  };
}

/** One for each model that took part, with what it did; one for NoduleLab alone where it did something without any. */
export function synthesizersOf({ codeVersion, edits }: Provenance): Synthesizer[] {
  const shares = new Map<string, { model: Synthesizer['model']; edits: Edit[] }>();
  for (const edit of edits) {
    const model = edit.kind === 'insert' ? edit.model : null;
    const key = JSON.stringify(model);
    const share = shares.get(key) ?? { model, edits: [] };
    share.edits.push(edit);
    shares.set(key, share);
  }
  return [...shares.values()].map((share) => ({
    codeVersion,
    model: share.model,
    contribution: editsInWords(share.edits),
  }));
}

/** What says how the image was derived, and from which one. */
export function derivationElements(
  p: Provenance,
  source: { sopClassUID: string; sopInstanceUID: string },
): NewDataSet {
  return {
    [TAG.SyntheticData]: { vr: 'CS', values: ['YES'] },
    [TAG.DerivationDescription]: { vr: 'ST', values: [derivationDescription(p)] },
    [TAG.DerivationCodeSequence]: { vr: 'SQ', values: [codeItem('113077', 'DCM', 'Volume editing')] },
    [TAG.SourceImageSequence]: {
      vr: 'SQ',
      values: [
        {
          [TAG.ReferencedSOPClassUID]: { vr: 'UI', values: [source.sopClassUID] },
          [TAG.ReferencedSOPInstanceUID]: { vr: 'UI', values: [source.sopInstanceUID] },
          [TAG.PurposeOfReferenceCodeSequence]: {
            vr: 'SQ',
            values: [codeItem('121322', 'DCM', 'Source image for image processing operation')],
          },
        },
      ],
    },
  };
}

/** The provenance as it is stored, and signed. */
export const provenanceJson = (p: Provenance): string => asciiJson(p);

/**
 * The complete provenance in a free private block of the data set (PS3.5 section 7.8.1).
 *
 * @param signature see signature.ts
 */
export function privateProvenance(
  p: Provenance,
  usedTags: ReadonlySet<string>,
  signature?: string,
): NewDataSet {
  let block = 0x10;
  while (usedTags.has(`${PRIVATE_GROUP}00${block.toString(16).toUpperCase()}`)) block++;
  const hex = block.toString(16).toUpperCase();
  return {
    [`${PRIVATE_GROUP}00${hex}`]: { vr: 'LO', values: [PRIVATE_CREATOR] },
    [`${PRIVATE_GROUP}${hex}01`]: { vr: 'UT', values: [provenanceJson(p)] },
    ...(signature === undefined ? {} : { [`${PRIVATE_GROUP}${hex}02`]: { vr: 'UT', values: [signature] } }),
  };
}
