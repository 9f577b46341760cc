/** Deflated and big-endian files as Explicit VR Little Endian ones; encapsulated pixels stay as they are. */
import { constants, inflateRawSync } from 'node:zlib';
import { NoduleLabError } from '../../volume/errors.ts';
import type { Part10 } from '../part10.ts';
import { rewrapped } from '../rewrap.ts';
import { DEFLATED_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN } from '../tags.ts';
import { littleEndianDataSet } from './bigEndian.ts';

/** Nothing in a deflated file says how much it holds; a CT image of 4096 x 4096 pixels fits. */
const MOST_INFLATED = 2 ** 26;

function inflated(file: Part10, whole: boolean): Uint8Array {
  try {
    return inflateRawSync(file.bytes.subarray(file.dataSetStart), {
      maxOutputLength: MOST_INFLATED,
      finishFlush: whole ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    });
  } catch (cause) {
    const large = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new NoduleLabError(
      large ? 'unusable' : 'invalid-input',
      large
        ? `${file.name}: the deflated data set unpacks to more than ${MOST_INFLATED / 2 ** 20} MiB, which no CT image takes. Store it as Explicit VR Little Endian.`
        : `${file.name}: the deflated data set is damaged or cut short. Copy or download this file again.`,
      { file: file.name },
      cause,
    );
  }
}

/**
 * @param whole false for the first bytes of a file, of which a deflated one gives what they hold
 * @throws NoduleLabError 'invalid-input' or 'unusable' where the data set cannot be rewritten
 */
export function asLittleEndian(file: Part10, { whole }: { readonly whole: boolean }): Part10 {
  const { transferSyntaxUID, name } = file;
  if (transferSyntaxUID !== DEFLATED_LITTLE_ENDIAN && transferSyntaxUID !== EXPLICIT_BIG_ENDIAN) return file;
  const dataSet =
    transferSyntaxUID === DEFLATED_LITTLE_ENDIAN
      ? inflated(file, whole)
      : littleEndianDataSet(file.bytes.subarray(file.dataSetStart), name);
  return { ...rewrapped(file, [dataSet]), name, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN, explicit: true };
}
