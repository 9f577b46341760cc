/** Reads a written NIfTI file back: the host with exactly this change, or an error. Shares no code with the writing. */
import { parseNifti, unpackNifti } from '../formats/nifti.ts';
import { ctVolumeOf } from '../formats/hounsfield.ts';
import { FIELD } from '../formats/niftiHeader.ts';
import type { CtVolume, IndexBox } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface WrittenNifti {
  /** The host's file, unpacked. */
  readonly host: Uint8Array;
  readonly hostVolume: CtVolume;
  /** The new file as it was read back. */
  readonly written: Uint8Array;
  readonly name: string;
  readonly box: IndexBox;
  /** HU of the box, i fastest. */
  readonly hu: Int16Array;
  /** What `descrip` must begin with. */
  readonly mark: string;
  /** How far the file's slope may keep a changed voxel from its HU. */
  readonly greatestRoundingHu: number;
}

const DESCRIPTION_BYTES = 80;

/** @throws NoduleLabError `upstream` naming the first byte or voxel that is not as it should be */
export function verifyNifti(check: WrittenNifti): void {
  const { host, hostVolume, written, name, mark } = check;
  const { raw, header } = unpackNifti(written, name);
  const wrong = (what: string): NoduleLabError =>
    new NoduleLabError('upstream', `${name} is not what was written (${what}): try again, on another disk.`, {
      name,
    });
  if (raw.length !== host.length) throw wrong(`${raw.length} bytes, not ${host.length}`);
  for (let at = 0; at < header.voxelsAt; at++) {
    const marked = at >= FIELD.description && at < FIELD.description + DESCRIPTION_BYTES;
    if (!marked && raw[at] !== host[at]) throw wrong(`byte ${at} of the header`);
  }
  const description = raw.subarray(FIELD.description, FIELD.description + mark.length);
  if (new TextDecoder('latin1').decode(description) !== mark) throw wrong('it is not marked as synthetic');

  const width = header.voxelBytes / hostVolume.data.length;
  const result = ctVolumeOf(parseNifti(written, name), name);
  const wanted = wantedOf(check);
  for (let voxel = 0; voxel < result.data.length; voxel++) {
    const before = hostVolume.data[voxel]!;
    const hu = wanted(voxel) ?? before;
    if (hu === before) {
      for (let at = header.voxelsAt + voxel * width; at < header.voxelsAt + (voxel + 1) * width; at++)
        if (raw[at] !== host[at]) throw wrong(`voxel ${voxel} should be the host's`);
    } else if (Math.abs(result.data[voxel]! - hu) > check.greatestRoundingHu)
      throw wrong(`voxel ${voxel} is ${result.data[voxel]} HU, not ${hu}`);
  }
}

/** HU that a voxel of the file should have; undefined outside the box. */
function wantedOf({ hostVolume, box, hu }: WrittenNifti): (voxel: number) => number | undefined {
  const [ni, nj] = hostVolume.size;
  const { min, max } = box;
  const [wide, high] = [max[0] - min[0], max[1] - min[1]];
  return (voxel) => {
    const k = Math.floor(voxel / (ni * nj));
    if (k < min[2] || k >= max[2]) return undefined;
    const j = Math.floor(voxel / ni) % nj;
    const i = voxel % ni;
    if (j < min[1] || j >= max[1] || i < min[0] || i >= max[0]) return undefined;
    return hu[i - min[0] + wide * (j - min[1] + high * (k - min[2]))];
  };
}
