/**
 * The only place that touches dcmjs: decoding the values of a header, encoding new elements, and its data dictionary.
 * Callers see plain strings, numbers and byte arrays.
 */
import dcmjs from 'dcmjs';
import { NoduleLabError } from '../volume/errors.ts';
import { EXPLICIT_LITTLE_ENDIAN, TAG } from './tags.ts';

dcmjs.log.setLevel('silent');
// A logger of its own: it says of a damaged value what our errors say of the file.
dcmjs.log.getLogger('validation.dcmjs').setLevel('silent');

/** Decoded values of a data set. */
export interface Header {
  /** First value as trimmed text; undefined where absent or empty. */
  text(tag: string): string | undefined;
  /** All values as text, empty ones kept. */
  texts(tag: string): string[];
  /** First value as a finite number; undefined where absent, empty or not a number. */
  number(tag: string): number | undefined;
  /** All values as numbers; undefined unless each one is finite and there are `count` of them. */
  numbers(tag: string, count: number): number[] | undefined;
  /** Items of a sequence; none where absent or empty. */
  items(tag: string): Header[];
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  // Person names: dcmjs yields {Alphabetic, Ideographic, Phonetic}.
  if (value !== null && typeof value === 'object' && 'Alphabetic' in value) return asText(value.Alphabetic);
  return '';
}

function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && value.trim() !== '') return Number(value);
  return Number.NaN;
}

/**
 * Decodes the header of a Part 10 file from its first bytes.
 *
 * @param bytes the file up to (not including) an element boundary, for instance up to its pixel data
 */
export function decodeHeader(bytes: Uint8Array, name: string): Header {
  const buffer = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  try {
    // Errors in single values (a character set that dcmjs does not know) must not hide the rest of the header.
    return headerOf(dcmjs.data.DicomMessage.readFile(buffer, { ignoreErrors: true, noCopy: true }).dict);
  } catch (cause) {
    throw new NoduleLabError(
      'invalid-input',
      `${name}: the DICOM header cannot be read, so the file is damaged. Copy or download it again.`,
      { file: name },
      cause,
    );
  }
}

function headerOf(dataSet: object): Header {
  const values = new Map<string, unknown[]>();
  for (const [tag, entry] of Object.entries(dataSet) as [string, unknown][]) {
    const value: unknown =
      typeof entry === 'object' && entry !== null && 'Value' in entry ? entry.Value : undefined;
    values.set(tag, Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
  }
  return {
    text(tag) {
      const value = asText(values.get(tag)?.[0]);
      return value === '' ? undefined : value;
    },
    texts: (tag) => (values.get(tag) ?? []).map(asText),
    number(tag) {
      const value = asNumber(values.get(tag)?.[0]);
      return Number.isFinite(value) ? value : undefined;
    },
    numbers(tag, count) {
      const all = (values.get(tag) ?? []).map(asNumber);
      return all.length === count && all.every(Number.isFinite) ? all : undefined;
    },
    items: (tag) =>
      (values.get(tag) ?? []).flatMap((item) =>
        typeof item === 'object' && item !== null && !ArrayBuffer.isView(item) ? [headerOf(item)] : [],
      ),
  };
}

/** A value to encode: an empty list writes a zero-length element; data sets make sequence items. */
export interface NewElement {
  readonly vr: string;
  readonly values: readonly (string | number | Uint8Array | NewDataSet)[];
}
export type NewDataSet = Readonly<Record<string, NewElement>>;

function toTags(dataSet: NewDataSet): Record<string, { vr: string; Value: unknown[] }> {
  const tags: Record<string, { vr: string; Value: unknown[] }> = {};
  // DICOM orders elements by tag; dcmjs writes object keys in insertion order inside items.
  for (const tag of Object.keys(dataSet).sort()) {
    const { vr, values } = dataSet[tag]!;
    tags[tag] = {
      vr,
      Value: values.map((value) =>
        value instanceof Uint8Array
          ? value.slice().buffer
          : typeof value === 'object'
            ? toTags(value)
            : value,
      ),
    };
  }
  return tags;
}

/** NoduleLab's own identity as a writer of files (PS3.10 section 7.1); a UUID-derived UID. */
const IMPLEMENTATION_CLASS_UID = '2.25.263446920587493121866341970216713908811';
/** At most 16 characters. */
const IMPLEMENTATION_VERSION_NAME = 'NODULELAB_1';

/** A complete Part 10 file in Explicit VR Little Endian. */
export function encodePart10(dataSet: NewDataSet): Uint8Array {
  const meta: NewDataSet = {
    '00020001': { vr: 'OB', values: [new Uint8Array([0, 1])] },
    [TAG.MediaStorageSOPClassUID]: dataSet[TAG.SOPClassUID]!,
    [TAG.MediaStorageSOPInstanceUID]: dataSet[TAG.SOPInstanceUID]!,
    [TAG.TransferSyntaxUID]: { vr: 'UI', values: [EXPLICIT_LITTLE_ENDIAN] },
    [TAG.ImplementationClassUID]: { vr: 'UI', values: [IMPLEMENTATION_CLASS_UID] },
    [TAG.ImplementationVersionName]: { vr: 'SH', values: [IMPLEMENTATION_VERSION_NAME] },
  };
  const file = new dcmjs.data.DicomDict(toTags(meta));
  file.dict = toTags(dataSet);
  return new Uint8Array(file.write());
}

/** VR of a standard attribute by its tag, as the dictionary says (multiple choices as 'US or SS'); undefined if unknown. */
export function dictionaryVr(tag: string): string | undefined {
  return dcmjs.data.DicomMetaDictionary.dictionary[`(${tag.slice(0, 4)},${tag.slice(4)})`]?.vr;
}
