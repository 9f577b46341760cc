/**
 * Makes docs/pictures/inserted-and-real.png: real nodules of the four LIDC patients and inserted ones in the same scans,
 * at one scale in the lung window. `NODULELAB_LIDC_DIR=… node docs/pictures/insertionSheet.ts [MODEL [OUT.png]]`
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  candidates,
  diameterOf,
  insertAt,
  type Patient,
  PATIENTS,
  patients,
  withNodule,
} from '../../bench/realAndInserted.ts';
import { openModels } from '../../server/src/cli/runtime.ts';
import type { WantedConditions } from '../../server/src/gan/support.ts';
import type { PlacementSetting } from '../../server/src/insertion/placement.ts';
import { centroid } from '../../server/src/lidc/boxMask.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { worldToIndex } from '../../server/src/volume/ctVolume.ts';
import { pictureOf, takeHtml } from './htmlPicture.ts';

/** Level -600 HU, width 1500 HU. */
const WINDOW = { low: -1350, high: 150 } as const;
const FIELD_MM = 44;
const PIXELS = 120;
/** Fewer grey levels than the window has HU: a picture for the eye, a third of the bytes. */
const LEVELS = 48;
const REAL = 4;

interface Wish {
  readonly diameterMm: number;
  readonly setting: PlacementSetting;
  /** Asked of a conditional model, besides the diameter. */
  readonly ratings: WantedConditions;
}

const WISHES: readonly Wish[] = [
  { diameterMm: 6, setting: 'parenchyma', ratings: { malignancy: 3, texture: 5 } },
  { diameterMm: 10, setting: 'vessel-attached', ratings: { malignancy: 4, spiculation: 3 } },
  { diameterMm: 10, setting: 'juxta-pleural', ratings: { malignancy: 3, texture: 2 } },
  { diameterMm: 16, setting: 'parenchyma', ratings: { malignancy: 5, spiculation: 4 } },
  { diameterMm: 16, setting: 'juxta-pleural', ratings: { malignancy: 4, lobulation: 4 } },
  { diameterMm: 25, setting: 'parenchyma', ratings: { malignancy: 5, spiculation: 4 } },
];

const [model = 'conditional-64', out = join(import.meta.dirname, 'inserted-and-real.png')] =
  process.argv.slice(2);
const drawn = await candidates(PATIENTS.length * WISHES.length, model, (index) => {
  const { diameterMm, ratings } = WISHES[index % WISHES.length]!;
  return { diameter: diameterMm, ...ratings };
});
// What an unconditional model was not asked for is not written below its nodules.
const { conditions } = (await openModels(join(tmpdir(), 'nodulelab-none')).load(model)).model;
const rows: string[] = [];
for await (const patient of patients()) rows.push(rowOf(patient, rows.length * WISHES.length));
if (rows.length === 0)
  throw new Error('NODULELAB_LIDC_DIR does not name a folder with the four LIDC patients');
await takeHtml(`<table>${rows.join('')}</table>`, out, (REAL + WISHES.length) * (PIXELS + 6) + 40);

function rowOf(patient: Patient, firstCandidate: number): string {
  const { ct, name, nodules } = patient;
  const real = nodules
    .slice(0, REAL)
    .map((mask) => cell('real', views(ct, centroid(ct, mask)), `${diameterOf(ct, mask).toFixed(0)} mm`));
  const inserted = WISHES.map(({ diameterMm, setting, ratings }, n) => {
    const nodule = insertAt(patient, drawn[firstCandidate + n]!, diameterMm, `${name} sheet ${n}`, setting);
    return cell(
      'inserted',
      withNodule(ct, nodule, () => views(ct, nodule.centre)),
      `${diameterMm} mm<br>${nodule.placed}${conditions.length > 0 ? `<br>${ratingsText(ratings)}` : ''}`,
    );
  });
  return `<tr><th>${name.slice(-4)}</th>${[...real, ...inserted].join('')}</tr>`;
}

function ratingsText(ratings: WantedConditions): string {
  return Object.entries(ratings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function cell(kind: 'real' | 'inserted', pictures: readonly string[], words: string): string {
  const images = pictures.map((url) => `<img src="${url}" width="${PIXELS}" height="${PIXELS}">`).join('');
  return `<td class="${kind}">${images}<span>${kind}<br>${words}</span></td>`;
}

/** Axial and coronal cuts through a point, linear between voxels. */
function views(ct: CtVolume, centre: Vec3): string[] {
  const at = worldToIndex(ct, centre);
  const mm = FIELD_MM / PIXELS;
  const offset = (n: number): number => (n - (PIXELS - 1) / 2) * mm;
  const [di, dj, dk] = ct.spacing;
  return [
    pictureOf(PIXELS, (u, v) => grey(ct, [at[0] + offset(u) / di, at[1] + offset(v) / dj, at[2]])),
    pictureOf(PIXELS, (u, v) => grey(ct, [at[0] + offset(u) / di, at[1], at[2] - offset(v) / dk])),
  ];
}

function grey(ct: CtVolume, index: Vec3): number {
  const share = (interpolated(ct, index) - WINDOW.low) / (WINDOW.high - WINDOW.low);
  return (Math.round(Math.min(1, Math.max(0, share)) * (LEVELS - 1)) / (LEVELS - 1)) * 255;
}

function interpolated({ data, size }: CtVolume, index: Vec3): number {
  const low = index.map(Math.floor) as [number, number, number];
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    let weight = 1;
    const voxel = ([0, 1, 2] as const).map((axis) => {
      const side = (corner >> axis) & 1;
      const part = index[axis] - low[axis];
      weight *= side === 1 ? part : 1 - part;
      return Math.min(size[axis] - 1, Math.max(0, low[axis] + side));
    }) as [number, number, number];
    sum += weight * data[voxel[0] + size[0] * (voxel[1] + size[1] * voxel[2])]!;
  }
  return sum;
}
