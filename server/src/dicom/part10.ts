/** Opening a DICOM Part 10 file: its meta information, where its data set begins, and how that is encoded. */
import { NoduleLabError } from '../volume/errors.ts';
import { dictionaryVr } from './dcmjsFacade.ts';
import { requireSoundSequences, walkElements, type ElementRange } from './elementWalk.ts';
import { isDicom } from './sniff.ts';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, TAG, transferSyntaxName } from './tags.ts';

export interface Part10 {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly transferSyntaxUID: string;
  /** First byte of the data set. */
  readonly dataSetStart: number;
  readonly explicit: boolean;
}

const LAST_META_TAG = '0002FFFF';
const GROUP_LENGTH_TAG = '00020000';

function text(bytes: Uint8Array, element: ElementRange): string {
  let value = '';
  for (let i = element.valueStart; i < element.valueEnd; i++) value += String.fromCharCode(bytes[i]!);
  return value.replace(/[\0 ]+$/, '');
}

/** Reads the file meta information (PS3.10 section 7.1). Throws 'invalid-input' where the bytes are not DICOM. */
export function openPart10(bytes: Uint8Array, name: string): Part10 {
  if (!isDicom(bytes))
    throw new NoduleLabError('invalid-input', `${name} is not a DICOM file (no "DICM" after its preamble).`, {
      file: name,
    });
  const meta = walkElements(bytes, {
    explicit: true,
    start: 132,
    end: bytes.length,
    lastTag: LAST_META_TAG,
    name,
  });
  const syntax = meta.find((element) => element.tag === TAG.TransferSyntaxUID);
  const transferSyntaxUID = syntax === undefined ? '' : text(bytes, syntax);
  if (!/^[0-9.]+$/.test(transferSyntaxUID))
    throw new NoduleLabError(
      'invalid-input',
      `${name}: the DICOM file names no transfer syntax, so it is cut short or damaged. Copy or download it again.`,
      { file: name },
    );
  requireGroupLength(bytes, meta, name);
  return {
    bytes,
    name,
    transferSyntaxUID,
    dataSetStart: meta.at(-1)!.end,
    explicit: transferSyntaxUID !== IMPLICIT_LITTLE_ENDIAN,
  };
}

/** The meta information says how long it is; where that is wrong, decoders read the data set from its middle. */
function requireGroupLength(bytes: Uint8Array, meta: readonly ElementRange[], name: string): void {
  const [first] = meta;
  const last = meta.at(-1);
  if (first?.tag !== GROUP_LENGTH_TAG || last === undefined || first.valueEnd - first.valueStart !== 4)
    return;
  const said = new DataView(bytes.buffer, bytes.byteOffset).getUint32(first.valueStart, true);
  if (said === last.end - first.end) return;
  throw new NoduleLabError(
    'invalid-input',
    `${name}: the DICOM meta information takes ${last.end - first.end} bytes and says ${said}, so the file is damaged. Copy or download it again.`,
    { file: name },
  );
}

/** Refuses what has no decoder here, or none for this kind of object. */
export function requireUncompressed(file: Part10): void {
  if (file.transferSyntaxUID === EXPLICIT_LITTLE_ENDIAN || file.transferSyntaxUID === IMPLICIT_LITTLE_ENDIAN)
    return;
  throw new NoduleLabError(
    'unusable',
    `${file.name} is stored as ${transferSyntaxName(file.transferSyntaxUID)}, which NoduleLab has no decoder for. ` +
      `Convert the series to Explicit VR Little Endian first: Orthanc does it on arrival with "IngestTranscoding": "${EXPLICIT_LITTLE_ENDIAN}" in its configuration.`,
    { file: file.name, transferSyntaxUID: file.transferSyntaxUID },
  );
}

/** Elements of the data set, their sequences whole down to the last item; `lastTag` stops the walk early. */
export function dataSetElements(file: Part10, lastTag?: string): ElementRange[] {
  const elements = walkElements(file.bytes, {
    explicit: file.explicit,
    start: file.dataSetStart,
    end: file.bytes.length,
    name: file.name,
    ...(lastTag === undefined ? {} : { lastTag }),
  });
  requireSoundSequences(file.bytes, elements, file, (tag) => dictionaryVr(tag) === 'SQ');
  return elements;
}
