/**
 * Joins nodule cut-outs with the readers' own marks in the LIDC XML: their ratings and their 50% consensus.
 *
 * The XML knows no pixel spacing and no origin, the cut-outs no pixel positions in their series. What both have is the
 * series UID, patient z, the nodule's box (of which the XML knows z and the width in pixels), and the mask's shape: the
 * cut-outs' masks are the union of the readers' marks. The shape is the stronger evidence: a cut-out belongs to the
 * group of marks of its series whose union covers the same slices with the same pixels. The box decides between groups
 * that do so alike, and tells why a cut-out has none.
 */
import { NoduleLabError } from '../volume/errors.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { boxSize, cropTo } from '../lidc/boxMask.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import { medianCharacteristics } from '../lidc/ratings.ts';
import type { Characteristics, LidcAnnotations } from '../lidc/xml.ts';
import { groupsOf } from './markGroups.ts';
import type { MarkGroup } from './markGroups.ts';
import type { NoduleSource } from './source.ts';
import type { VoiFile, VoiMask } from './voiFile.ts';
import type { VoiRow } from './voiTable.ts';
import { annotationsOfSeries } from './xmlFolder.ts';

export interface ReaderMarks {
  /** Medians over the readers. */
  readonly characteristics: Characteristics;
  /** One set of ratings per mark: a reader who marked the lesion in two parts gave two. */
  readonly ratings: readonly Characteristics[];
  /** Those of malignancy. */
  readonly malignancy: readonly number[];
  /** How many readers marked it. */
  readonly readers: number;
  /** What at least half of the readers marked, in voxels of the cut-out. */
  readonly consensus: BoxMask;
}

export interface JoinedMarks {
  /** By the cut-out's name. */
  readonly found: ReadonlyMap<string, ReaderMarks>;
  /** Cut-outs without a group of marks, with the reason. */
  readonly problems: NoduleSource['problems'];
}

interface CutOut {
  readonly row: VoiRow;
  readonly file: VoiFile;
}

/** Two masks are of the same nodule where they share at least this part of their union. */
const SAME_NODULE_OVERLAP = 0.7;
/** Overlaps closer than this say nothing about which is the better match: the box decides. */
const ALIKE = 0.02;

/** A group whose consensus departs from the table's box by no more than this fits it. */
const FITS_VOXELS = 2;

/** The readers' marks of every cut-out that the XML files under `xmlDir` hold. */
export async function readerMarks(cutOuts: readonly CutOut[], xmlDir: string): Promise<JoinedMarks> {
  const { annotations, problems } = await annotationsOfSeries(
    new Set(cutOuts.map(({ row }) => row.seriesuid)),
    xmlDir,
  );
  const found = new Map<string, ReaderMarks>();
  const unfound: { name: string; message: string }[] = [];
  for (const [series, ofSeries] of Map.groupBy(cutOuts, ({ row }) => row.seriesuid)) {
    const groups = grouper(annotations.get(series) ?? []);
    for (const { row, file } of ofSeries) {
      const own = await file.mask().catch((error: unknown) => {
        // What is wrong with a file is said when its patch is cut: that nodule is left out.
        if (error instanceof NoduleLabError) return undefined;
        throw error;
      });
      if (own === undefined) continue;
      const candidates = groups(own.geometry.spacing).flatMap((group) => candidateOf(group, own, row) ?? []);
      const best = strongest(candidates);
      if (best !== undefined && best.overlap >= SAME_NODULE_OVERLAP) found.set(file.name, best.marks());
      else
        unfound.push({
          name: file.name,
          message: `The XML does not hold this nodule: ${whyNot(own, row, candidates, annotations.get(series))}. Its table's majority ratings and its own mask stand in.`,
        });
    }
  }
  return { found, problems: [...problems, ...unfound] };
}

/** Grouping marks takes time; the cut-outs of one series share it. */
function grouper(annotations: readonly LidcAnnotations[]): (spacing: Vec3) => readonly MarkGroup[] {
  const known = new Map<string, readonly MarkGroup[]>();
  return (spacing) => {
    const key = spacing.join();
    const groups = known.get(key) ?? annotations.flatMap(({ marks }) => groupsOf(marks, spacing));
    known.set(key, groups);
    return groups;
  };
}

interface Candidate {
  readonly group: MarkGroup;
  /** Voxels of both masks as a part of the voxels of either. */
  readonly overlap: number;
  /** By how many voxels its consensus departs from the table's box, at the worst side; 0 where the table has none. */
  readonly boxVoxels: number;
  readonly marks: () => ReaderMarks;
}

function strongest(candidates: readonly Candidate[]): Candidate | undefined {
  const most = candidates.reduce((greatest, { overlap }) => Math.max(greatest, overlap), 0);
  return candidates
    .filter(({ overlap }) => overlap >= most - ALIKE)
    .toSorted((a, b) => a.boxVoxels - b.boxVoxels)[0];
}

/** Undefined where the group has no voxel in the cut-out's slices, or no ratings. */
function candidateOf(
  group: MarkGroup,
  { geometry, mask }: VoiMask,
  { bboxMm }: VoiRow,
): Candidate | undefined {
  const { spacing, origin } = geometry;
  const zOf = (k: number): number => origin[2] + k * spacing[2];
  const [low, high] = group.zRange;
  if (low > zOf(mask.box.max[2]) || high < zOf(mask.box.min[2] - 1)) return undefined;
  const masks = group.masks();
  const characteristics = medianCharacteristics(group.marks);
  if (masks === undefined || characteristics === null) return undefined;
  const shift: Vec3 = [
    mask.box.min[0] - masks.union.box.min[0],
    mask.box.min[1] - masks.union.box.min[1],
    Math.round((group.zMm - origin[2]) / spacing[2]),
  ];
  return {
    group,
    overlap: overlapOf(mask, moved(masks.union, shift)),
    boxVoxels: bboxMm === undefined ? 0 : boxDeparture(masks.consensus, group.zMm, spacing, bboxMm),
    marks: () => ({
      characteristics,
      ratings: group.marks.flatMap((mark) => mark.characteristics ?? []),
      malignancy: group.marks.flatMap((mark) => mark.characteristics?.malignancy ?? []),
      readers: new Set(group.marks.map(({ reader }) => reader)).size,
      consensus: moved(masks.consensus, shift),
    }),
  };
}

/** Of the box the XML knows z, and width and height in pixels. */
function boxDeparture(
  consensus: BoxMask,
  zMm: number,
  spacing: Vec3,
  { low, high }: NonNullable<VoiRow['bboxMm']>,
): number {
  const [width, height] = boxSize(consensus.box);
  const zLow = zMm + consensus.box.min[2] * spacing[2];
  const zHigh = zMm + consensus.box.max[2] * spacing[2];
  return Math.max(
    Math.abs(width - (high[0] - low[0]) / spacing[0]),
    Math.abs(height - (high[1] - low[1]) / spacing[1]),
    Math.abs(zLow - low[2]) / spacing[2],
    Math.abs(zHigh - high[2]) / spacing[2],
  );
}

function whyNot(
  { geometry }: VoiMask,
  { bboxMm }: VoiRow,
  candidates: readonly Candidate[],
  annotations: readonly LidcAnnotations[] = [],
): string {
  if (annotations.length === 0) return 'no file annotates its series';
  const between = sliceDistance(annotations);
  const own = geometry.spacing[2];
  if (between !== undefined && Math.abs(between - own) > 0.1 * own)
    return `the slices that the readers marked lie ${round(between)} mm apart, those of the cut-out ${round(own)} mm`;
  const best = strongest(candidates);
  if (best === undefined)
    return bboxMm === undefined
      ? 'no marks lie in its slices'
      : `no marks lie at z ${round(bboxMm.low[2])} to ${round(bboxMm.high[2])} mm, where the table places it`;
  const fitting = candidates.filter(({ boxVoxels }) => boxVoxels <= FITS_VOXELS);
  const [fits] = bboxMm === undefined ? [] : fitting.toSorted((a, b) => a.boxVoxels - b.boxVoxels);
  return fits === undefined
    ? `the ${best.group.marks.length} marks that come closest share ${Math.round(100 * best.overlap)}% of its voxels`
    : `the ${fits.group.marks.length} marks that fit the table's box (to ${round(fits.boxVoxels)} voxels) cover other ` +
        'voxels than its mask, which holds further marks';
}

/** The least distance between two marked slices, mm. */
function sliceDistance(annotations: readonly LidcAnnotations[]): number | undefined {
  const z = annotations
    .flatMap(({ marks }) => marks.flatMap(({ contours }) => contours.flatMap((contour) => contour.z ?? [])))
    .sort((a, b) => a - b);
  const gaps = z.slice(1).map((value, at) => value - (z[at] ?? value));
  const least = gaps.filter((gap) => gap > 0.05).reduce((a, b) => Math.min(a, b), Infinity);
  return least === Infinity ? undefined : least;
}

const round = (value: number): number => Math.round(100 * value) / 100;

function moved({ box, bits }: BoxMask, by: Vec3): BoxMask {
  const at = ([i, j, k]: Vec3): Vec3 => [i + by[0], j + by[1], k + by[2]];
  return { box: { min: at(box.min), max: at(box.max) }, bits };
}

function overlapOf(a: BoxMask, b: BoxMask): number {
  if (
    ([0, 1, 2] as const).some(
      (axis) => a.box.min[axis] >= b.box.max[axis] || b.box.min[axis] >= a.box.max[axis],
    )
  )
    return 0;
  const there = cropTo(b, a.box);
  let [own, other, shared] = [0, 0, 0];
  for (const bit of b.bits) other += bit;
  for (let index = 0; index < a.bits.length; index++) {
    own += a.bits[index]!;
    shared += a.bits[index]! & there[index]!;
  }
  return shared / (own + other - shared);
}
