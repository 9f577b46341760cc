/** Finds registered edits by their voxels, in slices of any order, origin and number. Pure. */
import type { RegisteredEdit, SliceFingerprint } from '../../store/fingerprintTable.ts';
import { indexToWorld, type Vec3 } from '../../volume/ctVolume.ts';
import { matches } from './fingerprints.ts';
import type { SliceVoxels } from './lookedAtSlice.ts';

/** An edit whose voxels were found. */
export interface MatchedEdit {
  readonly registered: RegisteredEdit;
  /** How many of its slices were found. */
  readonly slices: number;
  /** Where it lies in the series that was looked at, LPS mm. */
  readonly centre: Vec3;
}

export interface Matcher {
  look(slice: SliceVoxels): void;
  matched(): MatchedEdit[];
}

/** @param registered edits on slices of one size */
export function createMatcher(registered: readonly RegisteredEdit[]): Matcher {
  const entries = registered.flatMap((edit, number) =>
    edit.fingerprint.slices.map((slice) => ({ number, slice })),
  );
  // Nearly every comparison ends at the first probe, so these lie side by side.
  const pixels = Int32Array.from(entries, ({ slice }) => slice.probes[0]![0]);
  const hu = Int16Array.from(entries, ({ slice }) => slice.probes[0]![1]);
  const found = new Map<number, Map<SliceFingerprint, Vec3>>();
  return {
    look(slice) {
      for (let n = 0; n < pixels.length; n++) {
        if (slice.hu[pixels[n]!] !== hu[n]) continue;
        const entry = entries[n]!;
        if (!matches(entry.slice, slice.hu)) continue;
        const slices = found.get(entry.number) ?? new Map<SliceFingerprint, Vec3>();
        slices.set(entry.slice, centreIn(slice, registered[entry.number]!, entry.slice.slice));
        found.set(entry.number, slices);
      }
    },
    matched: () =>
      // In the order in which they were entered, not that in which their slices came.
      [...found]
        .toSorted(([a], [b]) => a - b)
        .map(([number, slices]) => {
          const { fingerprint } = registered[number]!;
          const nearest = [...slices].toSorted(
            ([a], [b]) => fromCentre(a, fingerprint) - fromCentre(b, fingerprint),
          )[0]!;
          return { registered: registered[number]!, slices: slices.size, centre: nearest[1] };
        }),
  };
}

const fromCentre = ({ slice }: SliceFingerprint, { centreVoxel }: RegisteredEdit['fingerprint']): number =>
  Math.abs(slice - centreVoxel[2]);

/** The edit's centre, seen from a slice that is known to be slice `k` of its source. */
function centreIn({ frame, position }: SliceVoxels, { fingerprint }: RegisteredEdit, k: number): Vec3 {
  const [a, b] = [frame.rowDirection, frame.columnDirection];
  const normal: Vec3 = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const [i, j, centre] = fingerprint.centreVoxel;
  return indexToWorld(
    {
      size: [frame.columns, frame.rows, 1],
      // Pixel Spacing gives the distance between rows first (PS3.3 10.7.1.3).
      spacing: [frame.pixelSpacing[1], frame.pixelSpacing[0], fingerprint.sliceDistanceMm],
      origin: position,
      direction: [a, b, normal],
    },
    [i, j, centre - k],
  );
}
