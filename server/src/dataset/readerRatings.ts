/**
 * Joins nodule cut-outs with the readers' own ratings in the LIDC XML.
 *
 * The XML knows no pixel spacing and no origin, the cut-outs no pixel positions in their series. What both have is the
 * series UID, patient z, and the consensus mask's shape: a cut-out belongs to the group of marks (same series) whose
 * own 50% consensus covers the same slices with the same pixels.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';
import { consensusMask } from '../lidc/consensus.ts';
import { boxSize, cropTo, noduleMask, trim } from '../lidc/contourMask.ts';
import type { BoxMask } from '../lidc/contourMask.ts';
import { groupMarks } from '../lidc/grouping.ts';
import { CHARACTERISTICS, parseLidcXml } from '../lidc/xml.ts';
import type { LidcAnnotations, LidcMark } from '../lidc/xml.ts';
import { median } from './cancerRule.ts';
import type { Characteristics } from './manifest.ts';
import { loadVoi, voiName } from './voiFolder.ts';
import type { VoiRow } from './voiFolder.ts';

export interface ReaderRatings {
  /** Medians over the readers. */
  readonly characteristics: Characteristics;
  /** One per reader. */
  readonly malignancy: readonly number[];
}

/** Two masks are of the same nodule where they share at least this part of their union. */
const SAME_NODULE_OVERLAP = 0.7;

/** A mask whose slice 0 lies at a patient z; in-plane position is arbitrary. */
interface FloatingMask extends BoxMask {
  readonly zMm: number;
}

/** Readers' ratings by cut-out name; cut-outs without a matching group of marks are left out. */
export async function readerRatings(
  rows: readonly VoiRow[],
  dir: string,
  xmlDir: string,
): Promise<Map<string, ReaderRatings>> {
  const annotations = await annotationsOf(new Set(rows.map(({ seriesuid }) => seriesuid)), xmlDir);
  const found = new Map<string, ReaderRatings>();
  for (const [series, ofSeries] of Map.groupBy(rows, ({ seriesuid }) => seriesuid)) {
    for (const row of ofSeries) {
      const { ct, mask } = await loadVoi(dir, row);
      const [ni, nj, nk] = ct.size;
      const own: FloatingMask = {
        ...trim({ box: { min: [0, 0, 0], max: [ni, nj, nk] }, bits: mask }),
        zMm: ct.origin[2],
      };
      let best = SAME_NODULE_OVERLAP;
      for (const { marks } of annotations.get(series) ?? [])
        for (const group of groupsOf(marks, [ct.spacing[0], ct.spacing[1], ct.spacing[2]])) {
          const overlap = overlapOf(own, group.consensus, ct.spacing[2]);
          if (overlap <= best) continue;
          best = overlap;
          found.set(voiName(row), ratingsOf(group.marks));
        }
    }
  }
  return found;
}

async function annotationsOf(series: ReadonlySet<string>, xmlDir: string): Promise<Map<string, LidcAnnotations[]>> {
  const names = await readdir(xmlDir, { recursive: true }).catch((cause: unknown) => {
    throw new NoduleLabError('not-found', `${xmlDir} cannot be read: give the folder of LIDC XML files.`, {}, cause);
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

function groupsOf(
  marks: readonly LidcMark[],
  spacing: readonly [number, number, number],
): { readonly marks: readonly LidcMark[]; readonly consensus: FloatingMask }[] {
  const zMm = marks.flatMap(({ contours }) => contours.map(({ z }) => z ?? Infinity)).reduce((a, b) => Math.min(a, b), Infinity);
  const outlines = marks.map(({ contours }) =>
    Float64Array.from(
      contours.flatMap(({ points, z }) => points.flatMap(([x, y]) => [x * spacing[0], y * spacing[1], z ?? Infinity])),
    ),
  );
  return groupMarks(outlines, spacing[2]).flatMap((group) => {
    const members = group.flatMap((index) => marks[index] ?? []);
    const masks = members.flatMap(
      ({ contours }) =>
        noduleMask(
          contours.flatMap(({ inclusion, points, z }) =>
            z === undefined ? [] : [{ inclusion, points, slice: Math.round((z - zMm) / spacing[2]) }],
          ),
        ) ?? [],
    );
    const consensus = consensusMask(masks);
    return consensus === undefined ? [] : [{ marks: members, consensus: { ...consensus, zMm } }];
  });
}

/** Shared part of the union after moving both in-plane corners together; slices stay where they are in the patient. */
function overlapOf(a: FloatingMask, b: FloatingMask, sliceMm: number): number {
  const shift = Math.round((b.zMm - a.zMm) / sliceMm);
  const size = boxSize(b.box);
  const min = [a.box.min[0], a.box.min[1], b.box.min[2] + shift] as const;
  const moved: BoxMask = { box: { min, max: [min[0] + size[0], min[1] + size[1], min[2] + size[2]] }, bits: b.bits };
  const there = cropTo(moved, a.box);
  let shared = 0;
  let inA = 0;
  a.bits.forEach((bit, index) => {
    inA += bit;
    shared += bit & (there[index] ?? 0);
  });
  return shared / (inA + b.bits.reduce((sum, bit) => sum + bit, 0) - shared);
}

function ratingsOf(marks: readonly LidcMark[]): ReaderRatings {
  const characteristics = Object.fromEntries(
    CHARACTERISTICS.map((name) => [name, median(marks.map((mark) => mark.characteristics[name]))]),
  ) as Characteristics;
  return { characteristics, malignancy: marks.map((mark) => mark.characteristics.malignancy) };
}
