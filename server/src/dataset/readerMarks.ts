/**
 * Joins nodule cut-outs with the readers' own marks in the LIDC XML: their ratings and their 50% consensus.
 *
 * The XML knows no pixel spacing and no origin, the cut-outs no pixel positions in their series. What both have is the
 * series UID, patient z, and the mask's shape: the cut-outs' masks are the union of the readers' marks, so a cut-out
 * belongs to the group of marks (same series) whose union covers the same slices with the same pixels.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { consensusMask } from '../lidc/consensus.ts';
import { cropTo } from '../lidc/boxMask.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import { noduleMask } from '../lidc/contourMask.ts';
import { groupMarks } from '../lidc/grouping.ts';
import { medianCharacteristics } from '../lidc/ratings.ts';
import { parseLidcXml } from '../lidc/xml.ts';
import type { Characteristics, LidcAnnotations, LidcMark } from '../lidc/xml.ts';
import { loadVoi, voiName } from './voiFolder.ts';
import type { VoiRow } from './voiFolder.ts';

export interface ReaderMarks {
  /** Medians over the readers. */
  readonly characteristics: Characteristics;
  /** One per reader. */
  readonly malignancy: readonly number[];
  /** What at least half of the readers marked, in voxels of the cut-out. */
  readonly consensus: BoxMask;
}

/** Two masks are of the same nodule where they share at least this part of their union. */
const SAME_NODULE_OVERLAP = 0.7;

/** The masks of a group of marks in pixels of its series; slice 0 lies at patient z `zMm`. */
interface Group {
  readonly marks: readonly LidcMark[];
  readonly union: BoxMask;
  readonly consensus: BoxMask;
  readonly zMm: number;
}

/** Readers' marks by cut-out name; cut-outs without a matching group of marks are left out. */
export async function readerMarks(
  rows: readonly VoiRow[],
  dir: string,
  xmlDir: string,
): Promise<Map<string, ReaderMarks>> {
  const annotations = await annotationsOf(new Set(rows.map(({ seriesuid }) => seriesuid)), xmlDir);
  const found = new Map<string, ReaderMarks>();
  for (const [series, ofSeries] of Map.groupBy(rows, ({ seriesuid }) => seriesuid)) {
    for (const row of ofSeries) {
      const { ct, mask: own } = await loadVoi(dir, row);
      let best = SAME_NODULE_OVERLAP;
      for (const { marks } of annotations.get(series) ?? [])
        for (const group of groupsOf(marks, ct.spacing)) {
          const shift: Vec3 = [
            own.box.min[0] - group.union.box.min[0],
            own.box.min[1] - group.union.box.min[1],
            Math.round((group.zMm - ct.origin[2]) / ct.spacing[2]),
          ];
          const overlap = overlapOf(own, moved(group.union, shift));
          const ratings = ratingsOf(group.marks);
          if (overlap <= best || ratings === undefined) continue;
          best = overlap;
          found.set(voiName(row), { ...ratings, consensus: moved(group.consensus, shift) });
        }
    }
  }
  return found;
}

async function annotationsOf(
  series: ReadonlySet<string>,
  xmlDir: string,
): Promise<Map<string, LidcAnnotations[]>> {
  const names = await readdir(xmlDir, { recursive: true }).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${xmlDir} cannot be read: give the folder of LIDC XML files.`,
      {},
      cause,
    );
  });
  const bySeries = new Map<string, LidcAnnotations[]>();
  for (const name of names.filter((entry) => entry.endsWith('.xml')).sort()) {
    const text = await readFile(join(xmlDir, name), 'utf8');
    const uid = /<SeriesInstanceUid>\s*([0-9.]+)\s*</.exec(text)?.[1];
    if (uid === undefined || !series.has(uid)) continue;
    const parsed = parseLidcXml(text, name);
    if (parsed.kind === 'ct') bySeries.set(uid, [...(bySeries.get(uid) ?? []), parsed]);
  }
  return bySeries;
}

function groupsOf(marks: readonly LidcMark[], spacing: Vec3): Group[] {
  const zMm = marks
    .flatMap(({ contours }) => contours.map(({ z }) => z ?? Infinity))
    .reduce((a, b) => Math.min(a, b), Infinity);
  const outlines = marks.map(({ contours }) =>
    Float64Array.from(
      contours.flatMap(({ points, z }) =>
        points.flatMap(([x, y]) => [x * spacing[0], y * spacing[1], z ?? Infinity]),
      ),
    ),
  );
  return groupMarks(outlines, spacing[2]).flatMap((group) => {
    const members = group.flatMap((index) => marks[index] ?? []);
    const masks = members.flatMap(({ reader, contours }) => {
      const mask = noduleMask(
        contours.flatMap(({ inclusion, points, z }) =>
          z === undefined ? [] : [{ inclusion, points, slice: Math.round((z - zMm) / spacing[2]) }],
        ),
      );
      return mask === undefined ? [] : [{ reader, mask }];
    });
    const consensus = consensusMask(masks);
    const union = consensusMask(masks, 0);
    return consensus === undefined || union === undefined ? [] : [{ marks: members, union, consensus, zMm }];
  });
}

function moved({ box, bits }: BoxMask, by: Vec3): BoxMask {
  const at = ([i, j, k]: Vec3): Vec3 => [i + by[0], j + by[1], k + by[2]];
  return { box: { min: at(box.min), max: at(box.max) }, bits };
}

/** Voxels in both masks as a part of the voxels in either. */
function overlapOf(a: BoxMask, b: BoxMask): number {
  const there = cropTo(b, a.box);
  const count = (bits: Uint8Array): number => bits.reduce((sum, bit) => sum + bit, 0);
  const shared = a.bits.reduce((sum, bit, index) => sum + (bit & (there[index] ?? 0)), 0);
  return shared / (count(a.bits) + count(b.bits) - shared);
}

/** Undefined where no reader rated the nodule. */
function ratingsOf(marks: readonly LidcMark[]): Omit<ReaderMarks, 'consensus'> | undefined {
  const characteristics = medianCharacteristics(marks);
  if (characteristics === null) return undefined;
  return {
    characteristics,
    malignancy: marks.flatMap((mark) => mark.characteristics?.malignancy ?? []),
  };
}
