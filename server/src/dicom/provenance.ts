/**
 * The attributes that mark a CT image as derived and synthetic, and say how it was made (PS3.3 C.7.6.1.1.3 to
 * C.7.6.1.1.5, C.12.1; PS3.16 CID 7005, 7202, 7203).
 */
import type { Vec3 } from '../volume/ctVolume.ts';
import type { NewDataSet } from './dcmjsFacade.ts';
import { TAG } from './tags.ts';

/** One inserted nodule. */
export interface InsertedNodule {
  /** Null, like the index, of a patch whose origin is not recorded; `parameters` then holds its hash. */
  readonly seed: number | null;
  readonly candidateIndex: number | null;
  /** Centre of the inserted nodule, LPS mm. */
  readonly centre: Vec3;
  readonly diameterMm: number;
  /** Generation and insertion parameters; JSON values. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Everything that is needed to make the same voxels again. */
export interface Provenance extends InsertedNodule {
  readonly modelName: string;
  /** SHA-256 of the generator's weights, hexadecimal; null where the model is not recorded. */
  readonly modelHash: string | null;
  readonly modelVersion: string;
  /** Version of NoduleLab. */
  readonly codeVersion: string;
  /** Nodules of the same model that were inserted into the same series after this one. */
  readonly furtherNodules?: readonly InsertedNodule[];
}

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

/** Pads to two decimals, mm. */
const mm = (value: number): string => value.toFixed(2);

const noduleText = (nodule: InsertedNodule): string =>
  (nodule.seed === null
    ? 'patch from a file; '
    : `seed ${nodule.seed}, candidate ${nodule.candidateIndex}; `) +
  `centre LPS (${nodule.centre.map(mm).join(', ')}) mm, diameter ${mm(nodule.diameterMm)} mm`;

function derivationDescription(p: Provenance): string {
  const further = p.furtherNodules ?? [];
  const what =
    further.length === 0 ? 'Synthetic lung nodule' : `${further.length + 1} synthetic lung nodules`;
  const head =
    `${what} inserted by NoduleLab ${p.codeVersion}; for research only. ` +
    (p.modelHash === null
      ? 'Model not recorded'
      : `Model ${p.modelName} ${p.modelVersion}, SHA-256 ${p.modelHash}`);
  const elsewhere = `see private block ${PRIVATE_CREATOR}.`;
  const [full, short] =
    further.length === 0
      ? [
          `${head}; ${noduleText(p)}. Parameters: ${JSON.stringify(p.parameters)}`,
          `${head}; ${noduleText(p)}. Parameters: ${elsewhere}`,
        ]
      : [`${head}. ${[p, ...further].map(noduleText).join(' / ')}.`, `${head}. Nodules: ${elsewhere}`];
  const text = full.length <= DESCRIPTION_LIMIT ? full : short;
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

/** Contributing equipment item: what synthesised part of the content. (109100, DCM) is in CID 7005 as of its
 * version 20240324; PS3.3 C.12.1 names it beside Synthetic Data. */
export function synthesizingEquipment(
  p: Pick<Provenance, 'modelName' | 'modelHash' | 'modelVersion' | 'codeVersion'>,
  dateTime: string,
): NewDataSet {
  return {
    [TAG.Manufacturer]: { vr: 'LO', values: ['NoduleLab'] },
    [TAG.ManufacturerModelName]: { vr: 'LO', values: [plainText(p.modelName, 64)] },
    [TAG.SoftwareVersions]: {
      vr: 'LO',
      values: [plainText(`NoduleLab ${p.codeVersion}`, 64), plainText(`model ${p.modelVersion}`, 64)],
    },
    [TAG.ContributionDateTime]: { vr: 'DT', values: [dateTime] },
    [TAG.ContributionDescription]: {
      vr: 'ST',
      values: [
        plainText(
          `Generated a synthetic lung nodule; model ${p.modelHash === null ? 'not recorded' : `SHA-256 ${p.modelHash}`}`,
          DESCRIPTION_LIMIT,
        ),
      ],
    },
    [TAG.PurposeOfReferenceCodeSequence]: {
      vr: 'SQ',
      values: [codeItem('109100', 'DCM', 'Synthesizing Equipment')],
    },
  };
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

/** The complete provenance in a free private block of the data set (PS3.5 section 7.8.1). */
export function privateProvenance(p: Provenance, usedTags: ReadonlySet<string>): NewDataSet {
  let block = 0x10;
  while (usedTags.has(`${PRIVATE_GROUP}00${block.toString(16).toUpperCase()}`)) block++;
  const hex = block.toString(16).toUpperCase();
  return {
    [`${PRIVATE_GROUP}00${hex}`]: { vr: 'LO', values: [PRIVATE_CREATOR] },
    [`${PRIVATE_GROUP}${hex}01`]: { vr: 'UT', values: [asciiJson(p)] },
  };
}
