/** What an edit is made again from: the voxels of its candidate, or the mask of what it removed. */
import type { Edit } from '@nodulelab/contract';
import { voxelsOfBytes } from '../store/candidatesTable.ts';
import type { Store } from '../store/store.ts';
import type { EditMaterial } from './imaging/protocol.ts';

export type { EditMaterial } from './imaging/protocol.ts';

/** @throws NoduleLabError `not-found` where the store does not have it, `unusable` where the file is damaged */
export async function editMaterial(
  { artefacts }: Pick<Store, 'artefacts'>,
  edit: Edit,
): Promise<EditMaterial> {
  return edit.kind === 'insert'
    ? { kind: 'insert', patch: voxelsOfBytes(await artefacts.get(edit.candidateSha256)) }
    : { kind: 'remove', mask: await artefacts.get(edit.maskSha256) };
}
