/** A derived series with its segmentation and report, made of balls: what a test needs that looks at what is written. */
import type { Edit, InsertEdit, Provenance, RemoveEdit } from '@nodulelab/contract';
import type { CtSeries } from '../../server/src/dicom/ctSeries.ts';
import type { WrittenObject } from '../../server/src/dicom/companion.ts';
import {
  writeDerivedCt,
  type BoxChange,
  type DerivedCt,
  type WriteDeps,
} from '../../server/src/dicom/derivedCt.ts';
import type { EditSegment } from '../../server/src/dicom/editSegments.ts';
import { writeMeasurementReport } from '../../server/src/dicom/reportWriter.ts';
import { writeSegmentation } from '../../server/src/dicom/segmentationWriter.ts';
import { indexToWorld, worldToIndex, type Vec3 } from '../../server/src/volume/ctVolume.ts';
import { anInsertEdit, aProvenance } from './provenance.ts';

/** Nodules put in (bright) or taken out (as dark as lung). */
export interface Ball {
  readonly kind: Edit['kind'];
  /** LPS mm. */
  readonly centre: Vec3;
  readonly diameterMm: number;
}

export interface WrittenBalls {
  readonly derived: DerivedCt;
  readonly segmentation: WrittenObject;
  readonly report: WrittenObject;
  readonly changes: readonly BoxChange[];
  readonly segments: readonly EditSegment[];
  readonly provenance: Provenance;
}

export function writeBalls(source: CtSeries, balls: readonly Ball[], deps: WriteDeps): WrittenBalls {
  const made = balls.map((ball) => ({ ball, ...voxelsOf(source, ball) }));
  const segments = made.map(({ ball, change, mask }): EditSegment => ({
    edit: editOf(ball, change),
    box: change.box,
    mask,
    trackingUid: deps.newUid(),
  }));
  const provenance: Provenance = { ...aProvenance(), edits: segments.map(({ edit }) => edit) };
  const changes = made.map(({ change }) => change);
  const derived = writeDerivedCt(source, changes, provenance, deps);
  const segmentation = writeSegmentation(source, derived, segments, provenance, deps);
  const report = writeMeasurementReport(source, derived, segmentation, segments, provenance, deps);
  return { derived, segmentation, report, changes, segments, provenance };
}

/** A voxel belongs to the ball where its centre does. HU differ from voxel to voxel, so that a wrong mean is seen. */
function voxelsOf({ volume }: CtSeries, { kind, centre, diameterMm }: Ball) {
  const middle = worldToIndex(volume, centre);
  const axes = [0, 1, 2] as const;
  const reach = axes.map((axis) => Math.ceil(diameterMm / 2 / volume.spacing[axis]) + 1);
  const min = axes.map((axis) => Math.round(middle[axis]) - reach[axis]!) as [number, number, number];
  const max = axes.map((axis) => Math.round(middle[axis]) + reach[axis]! + 1) as [number, number, number];
  const hu: number[] = [];
  const mask: number[] = [];
  for (let k = min[2]; k < max[2]; k++)
    for (let j = min[1]; j < max[1]; j++)
      for (let i = min[0]; i < max[0]; i++) {
        const at = indexToWorld(volume, [i, j, k]);
        const inside = Math.hypot(...at.map((mm, axis) => mm - centre[axis]!)) <= diameterMm / 2;
        const old = volume.data[i + volume.size[0] * (j + volume.size[1] * k)]!;
        mask.push(inside ? 1 : 0);
        hu.push(inside ? (kind === 'insert' ? 30 : -860) + (i % 7) + 2 * (k % 3) : old);
      }
  return { change: { box: { min, max }, hu: Int16Array.from(hu) }, mask: Uint8Array.from(mask) };
}

function editOf({ kind, centre, diameterMm }: Ball, { box }: BoxChange): InsertEdit | RemoveEdit {
  const common = { centre: [...centre] as InsertEdit['centre'], diameterMm };
  const changed = { box: { min: [...box.min], max: [...box.max] } as InsertEdit['box'] };
  const insert = anInsertEdit({ ...common, ...changed, details: { malignancy: 4, note: 'Größe' } });
  if (kind === 'insert') return insert;
  const { huSha256, measured } = insert;
  const own = { kind: 'remove' as const, noduleId: 'nodule-3', maskSha256: '34'.repeat(32), seed: 11 };
  return { ...own, ...common, ...changed, huSha256, measured };
}
