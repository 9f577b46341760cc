import type { StoredCandidate } from '../store/candidatesTable.ts';
import type { Store } from '../store/store.ts';
import { NoduleLabError } from '../volume/errors.ts';

/** @throws NoduleLabError `not-found` */
export async function requireCandidate(
  { candidates }: Pick<Store, 'candidates'>,
  candidateId: string,
): Promise<{ readonly candidate: StoredCandidate; readonly voxels: Float32Array }> {
  const stored = await candidates.get(candidateId);
  if (stored) return stored;
  throw new NoduleLabError('not-found', `there is no candidate ${candidateId}: generate it again`, {
    candidateId,
  });
}
