/** What the lung holds around a place, as shares. */
import { CONTENT, contentsOfBall, type Ball } from '../anatomy/lungContents.ts';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { Vec3 } from '../volume/ctVolume.ts';

/** Share of a ball around a voxel of the coarse grid that is of a kind. */
export function shareOf(
  { contents }: Pick<LungAnatomy, 'contents'>,
  kind: keyof typeof CONTENT,
  ball: Ball,
  [i, j, k]: Vec3,
): number {
  return contentsOfBall(contents, ball, i, j, k)[CONTENT[kind]]! / (ball.voxels * contents.hostVoxels);
}
