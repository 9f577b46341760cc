/**
 * Puts the slices of a series in order along their normal and proves that they form one regular, upright stack. Slice
 * distance comes from the projected Image Position (Patient), never from Slice Thickness (PS3.3 C.7.6.2.1.1).
 */
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ReadSlice, SliceFrame } from './ctSlice.ts';

export interface SliceStack {
  /** In k order. */
  readonly slices: readonly ReadSlice[];
  readonly normal: Vec3;
  /** Distance between slice centres, mm. */
  readonly sliceDistance: number;
}

/** A slice further from its place in the regular stack than this part of the slice distance is irregular. */
const REGULARITY = 0.1;
/** A step longer than this many slice distances means that slices are missing. */
const GAP = 1.5;
/** Slices closer than this, mm, are at the same place. */
const SAME_PLACE_MM = 1e-3;

const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Throws 'unusable' unless both slices have the same size, spacing and orientation. */
function requireSameFrame(reference: ReadSlice, other: ReadSlice): void {
  const a: SliceFrame = reference.frame;
  const b: SliceFrame = other.frame;
  const fail = (what: string): never => {
    throw new NoduleLabError(
      'unusable',
      `Series ${a.seriesInstanceUID}: ${other.slice.name} has ${what} than ${reference.slice.name}. ` +
        'Give only the images of one reconstruction.',
      { seriesInstanceUID: a.seriesInstanceUID, file: other.slice.name },
    );
  };
  if (a.columns !== b.columns || a.rows !== b.rows)
    fail(`another size (${b.columns} x ${b.rows} instead of ${a.columns} x ${a.rows})`);
  if (dot(a.rowDirection, b.rowDirection) < 1 - 1e-5 || dot(a.columnDirection, b.columnDirection) < 1 - 1e-5)
    fail('another orientation');
  if (a.pixelSpacing.some((mm, axis) => Math.abs(mm - b.pixelSpacing[axis]!) > 1e-4 * mm))
    fail('another pixel spacing');
  if (a.frameOfReferenceUID !== b.frameOfReferenceUID) fail('another frame of reference');
}

function requireDistinct(sorted: readonly { read: ReadSlice; at: number }[], series: string): void {
  const byUid = new Map<string, string>();
  for (const { read } of sorted) {
    const first = byUid.get(read.slice.sopInstanceUID);
    if (first !== undefined)
      throw new NoduleLabError(
        'invalid-input',
        `Series ${series} holds the same image twice: ${first} and ${read.slice.name}. Remove one of the two files.`,
        { seriesInstanceUID: series, files: [first, read.slice.name] },
      );
    byUid.set(read.slice.sopInstanceUID, read.slice.name);
  }
  for (let k = 1; k < sorted.length; k++) {
    const [below, above] = [sorted[k - 1]!, sorted[k]!];
    if (above.at - below.at >= SAME_PLACE_MM) continue;
    throw new NoduleLabError(
      'unusable',
      `Series ${series} has two slices at the same place (${above.at.toFixed(2)} mm along its axis): ${below.read.slice.name} and ${above.read.slice.name}. ` +
        'It may hold several reconstructions or time points; give the images of one.',
      { seriesInstanceUID: series, files: [below.read.slice.name, above.read.slice.name] },
    );
  }
}

function requireUpright(
  sorted: readonly { read: ReadSlice; at: number }[],
  normal: Vec3,
  frame: SliceFrame,
): void {
  const first = sorted[0]!;
  const last = sorted.at(-1)!;
  const tolerance = 0.5 * Math.min(...frame.pixelSpacing);
  for (const { read, at } of sorted) {
    const from = first.read.slice.imagePositionPatient;
    const to = read.slice.imagePositionPatient;
    const along = at - first.at;
    const aside = Math.hypot(
      to[0] - from[0] - along * normal[0],
      to[1] - from[1] - along * normal[1],
      to[2] - from[2] - along * normal[2],
    );
    if (aside <= tolerance) continue;
    const degrees = (Math.atan2(aside, along) * 180) / Math.PI;
    throw new NoduleLabError(
      'unusable',
      `Series ${frame.seriesInstanceUID} is sheared: ${read.slice.name} lies ${aside.toFixed(1)} mm aside of the slice axis ` +
        `(gantry tilt of about ${degrees.toFixed(1)} degrees). Use a series without gantry tilt or one resampled to an upright stack.`,
      {
        seriesInstanceUID: frame.seriesInstanceUID,
        extentMm: last.at - first.at,
        degrees,
      },
    );
  }
}

function requireRegular(sorted: readonly { read: ReadSlice; at: number }[], series: string): number {
  const steps = sorted.slice(1).map(({ at }, k) => at - sorted[k]!.at);
  const median = [...steps].sort((a, b) => a - b)[(steps.length - 1) >> 1]!;
  steps.forEach((step, k) => {
    const [below, above] = [sorted[k]!.read.slice.name, sorted[k + 1]!.read.slice.name];
    if (step > GAP * median) {
      const count = Math.max(1, Math.round(step / median) - 1);
      throw new NoduleLabError(
        'unusable',
        `Series ${series} lacks about ${count} slice${count === 1 ? '' : 's'}: between ${below} and ${above} there are ${step.toFixed(2)} mm where ${median.toFixed(2)} mm are usual. ` +
          'Download the series again in full.',
        { seriesInstanceUID: series, missing: count, files: [below, above] },
      );
    }
  });
  const distance = (sorted.at(-1)!.at - sorted[0]!.at) / (sorted.length - 1);
  sorted.forEach(({ read, at }, k) => {
    const off = at - sorted[0]!.at - k * distance;
    if (Math.abs(off) > REGULARITY * distance)
      throw new NoduleLabError(
        'unusable',
        `Series ${series} is not evenly spaced: ${read.slice.name} lies ${off.toFixed(2)} mm off its place in a stack of ${distance.toFixed(2)} mm steps. ` +
          'Use a reconstruction with a constant slice distance.',
        { seriesInstanceUID: series, file: read.slice.name },
      );
  });
  return distance;
}

/**
 * Orders and checks the slices of one series.
 *
 * @throws NoduleLabError 'unusable' (mixed frames, tilt, gaps, uneven steps, two slices at one place) or
 *   'invalid-input' (the same image twice); the message names the series and the files
 */
export function stackSlices(slices: readonly ReadSlice[]): SliceStack {
  const reference = slices[0]!;
  const { frame } = reference;
  const series = frame.seriesInstanceUID;
  if (slices.length < 2)
    throw new NoduleLabError(
      'unusable',
      `Series ${series} has one CT slice only (${reference.slice.name}); a volume needs at least two. Give the whole series.`,
      { seriesInstanceUID: series },
    );
  for (const other of slices) requireSameFrame(reference, other);
  if (Math.abs(dot(frame.rowDirection, frame.columnDirection)) > 1e-3)
    throw new NoduleLabError(
      'unusable',
      `Series ${series}: the row and column directions are not at right angles.`,
      {
        seriesInstanceUID: series,
      },
    );
  const normal = cross(frame.rowDirection, frame.columnDirection);
  const sorted = slices
    .map((read) => ({ read, at: dot(read.slice.imagePositionPatient, normal) }))
    .sort((a, b) => a.at - b.at);
  requireDistinct(sorted, series);
  requireUpright(sorted, normal, frame);
  return { slices: sorted.map(({ read }) => read), normal, sliceDistance: requireRegular(sorted, series) };
}
