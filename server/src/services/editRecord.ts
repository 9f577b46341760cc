/** What is kept of an edit: enough to make the same voxels again, and to recognise them. */
import type { InsertEdit, RemoveEdit } from '@nodulelab/contract';
import { sha256Of } from '../store/artefacts.ts';
import type { PreviewResult } from './imaging/protocol.ts';

type Changed = 'kind' | 'box' | 'huSha256' | 'measured';

/** @param result what the insertion made */
export function insertEdit(asked: Omit<InsertEdit, Changed>, result: Result): InsertEdit {
  return { kind: 'insert', ...asked, ...changed(result) };
}

/** @param result what the removal made */
export function removeEdit(asked: Omit<RemoveEdit, Changed>, result: Result): RemoveEdit {
  return { kind: 'remove', ...asked, ...changed(result) };
}

type Result = Pick<PreviewResult, 'box' | 'hu' | 'measured'>;

const changed = ({ box, hu, measured }: Result): Pick<InsertEdit, Exclude<Changed, 'kind'>> => ({
  box: { min: [...box.min], max: [...box.max] },
  huSha256: huHash(hu),
  measured,
});

/** SHA-256 of HU as Int16, little-endian (the byte order of every machine that Node runs on here). */
export const huHash = (hu: Int16Array): string => sha256Of(bytesOfHu(hu));

/** HU as bytes of an artefact, in the byte order of their hash. */
export const bytesOfHu = (hu: Int16Array): Uint8Array =>
  new Uint8Array(hu.buffer, hu.byteOffset, hu.byteLength);

/** HU of an artefact's bytes. */
export const huOfBytes = (bytes: Uint8Array): Int16Array => new Int16Array(Uint8Array.from(bytes).buffer);
