/** A contact sheet of a set of patches, real or with synthetic items, so that people look at what a network sees. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PatchEntry, PatchManifest } from '../manifest.ts';
import { openPatchFile } from '../patchFile.ts';
import type { PatchFile } from '../patchFile.ts';
import { requireNewFolder } from '../patchSetWriter.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { mostAlike } from './beside.ts';
import { captionOf, malignancyOf } from './caption.ts';
import { LEVEL_HU, planesOf, WIDTH_HU } from './planes.ts';
import { sheetPage } from './sheetPage.ts';
import { sheetPng } from './sheetPng.ts';
import type { SheetItem } from './sheetPng.ts';

export const SHEET_ORDERS = ['id', 'diameter', 'malignancy'] as const;
export type SheetOrder = (typeof SHEET_ORDERS)[number];

export interface SheetOptions {
  /** Folder of the set. */
  readonly setDir: string;
  /** Another set: each nodule stands beside the one of it that is most alike. */
  readonly besideDir?: string | undefined;
  /** Folder of the sheet; must not exist yet. */
  readonly outDir: string;
  readonly columns: number;
  /** By id, or the largest or most malignant first. */
  readonly sort: SheetOrder;
  /** At most so many patches, spread evenly over the order: the ends are always among them. */
  readonly count: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Sheet {
  readonly html: string;
  readonly png: string;
  readonly shown: number;
  readonly of: number;
  /** Nodules of the other set. */
  readonly beside: number;
}

/** Larger patches are shown at this edge length; smaller ones in the page as they are, for the browser to smooth. */
const PAGE_EDGE = 128;
/** Edge length of a plane in the PNG. */
const PNG_EDGE = 96;
const BARS_MM = [1, 2, 5, 10, 20, 50, 100];

/**
 * Writes `sheet.html` and `sheet.png`.
 * @throws NoduleLabError `conflict` where `outDir` exists, `invalid-input` where pairs do not fit into an odd number of columns
 */
export async function writeContactSheet(options: SheetOptions): Promise<Sheet> {
  const { setDir, besideDir, outDir, columns, sort, count, signal, onProgress } = options;
  if (besideDir !== undefined && columns % 2 === 1)
    throw new NoduleLabError(
      'invalid-input',
      `Pairs take two columns each, and ${columns} were asked for: take an even number of --columns.`,
    );
  await requireNewFolder(outDir);
  const file = await openPatchFile(setDir);
  const other = besideDir === undefined ? undefined : await openPatchFile(besideDir).catch(closing(file));
  try {
    const chosen = spread(ordered(file.manifest.patches, sort), count);
    const entries = chosen.map((index) => file.manifest.patches[index]!);
    const besides = other === undefined ? [] : mostAlike(entries, other.manifest.patches);
    const shown = (other === undefined ? chosen : chosen.slice(0, besides.length)).flatMap((index, at) => [
      { file, index },
      ...(other === undefined ? [] : [{ file: other, index: besides[at]! }]),
    ]);
    const pages: SheetItem[] = [];
    const pictures: SheetItem[] = [];
    for (const [done, { file: of, index }] of shown.entries()) {
      signal?.throwIfAborted();
      onProgress?.(done, shown.length);
      const patch = await of.patch(index);
      const entry = of.manifest.patches[index]!;
      const item = { caption: captionOf(entry), scaleBar: barOf(entry, of.size) };
      pages.push({ ...item, planes: planesOf(patch, of.size, Math.min(of.size, PAGE_EDGE)) });
      pictures.push({ ...item, planes: planesOf(patch, of.size, PNG_EDGE) });
    }
    const pairs = other && { name: basename(besideDir!), file: other, shown: besides.length };
    const title = titleOf(file, basename(setDir), shown.length, sort, pairs);
    const html = sheetPage(title, pages, columns);
    const png = sheetPng(title, pictures, columns, PNG_EDGE);
    await mkdir(outDir, { recursive: true });
    const paths = { html: join(outDir, 'sheet.html'), png: join(outDir, 'sheet.png') };
    await writeFile(paths.html, html);
    await writeFile(paths.png, png);
    onProgress?.(shown.length, shown.length);
    return { ...paths, shown: shown.length - besides.length, of: file.count, beside: besides.length };
  } finally {
    await file.close();
    await other?.close();
  }
}

/** For a failure that leaves nobody to close the file. */
const closing =
  (file: PatchFile) =>
  async (error: unknown): Promise<never> => {
    await file.close();
    throw error;
  };

/** Indices of the patches in order. */
function ordered(patches: readonly PatchEntry[], sort: SheetOrder): number[] {
  const byId = (a: PatchEntry, b: PatchEntry): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  const compare: Readonly<Record<SheetOrder, (a: PatchEntry, b: PatchEntry) => number>> = {
    id: byId,
    diameter: (a, b) => b.diameterMm - a.diameterMm || byId(a, b),
    malignancy: (a, b) => malignancyOf(b) - malignancyOf(a) || b.diameterMm - a.diameterMm || byId(a, b),
  };
  return [...patches.keys()].sort((a, b) => compare[sort](patches[a]!, patches[b]!));
}

function spread<T>(all: readonly T[], count: number): T[] {
  if (count >= all.length) return [...all];
  if (count === 1) return all.slice(0, 1);
  return Array.from({ length: count }, (_, at) => all[Math.round((at * (all.length - 1)) / (count - 1))]!);
}

/** The longest of the usual lengths that takes at most 40% of a plane. */
function barOf({ spacingMm }: PatchEntry, size: number): SheetItem['scaleBar'] {
  const fieldMm = spacingMm * size;
  const mm = BARS_MM.findLast((length) => length <= 0.4 * fieldMm) ?? BARS_MM[0]!;
  return { mm, part: mm / fieldMm };
}

interface Pairs {
  readonly name: string;
  readonly file: PatchFile;
  readonly shown: number;
}

function titleOf(
  { manifest, size, sha256 }: PatchFile,
  name: string,
  shown: number,
  sort: SheetOrder,
  pairs: Pairs | undefined,
): string[] {
  const { count, form, fold, class: of, fieldOfView, cancerRule, patches } = manifest;
  const synthetic = patches.filter(({ origin }) => origin === 'synthetic').length;
  const field =
    'mm' in fieldOfView
      ? `${fieldOfView.mm} mm wide`
      : `${fieldOfView.diameters} diameters wide, so the scale differs from patch to patch`;
  const order = { id: 'by id', diameter: 'the largest first', malignancy: 'the most malignant first' }[sort];
  return [
    `${name}: ${count} nodules${synthetic > 0 ? `, ${synthetic} of them synthetic` : ''}`,
    `${{ all: 'All classes', malignant: 'Malignant', benign: 'Benign' }[of]}, ${fold} fold, ${form} form, ${size}x${size}x${size} voxels, ${field}. ` +
      `Patches ${sha256.slice(0, 12)}, split ${manifest.split.sha256.slice(0, 12)}.`,
    `Cancer rule: ${cancerRule.text}. ${counts(manifest)}.`,
    ...(pairs === undefined ? [] : [besideText(pairs)]),
    `${pairs === undefined ? shownText(shown, count) : shownText(pairs.shown, count)}, ${order}. ` +
      `Axial, coronal, sagittal plane through the middle; lung window (level ${LEVEL_HU}, width ${WIDTH_HU} HU); ` +
      "patient's right on the left, anterior and head up.",
    ...([...patches, ...(pairs?.file.manifest.patches ?? [])].some(
      (patch) => patch.origin === 'real' && patch.patientId.startsWith('LIDC-IDRI-'),
    )
      ? ['Real nodules: LIDC-IDRI, CC BY 3.0, doi:10.7937/K9/TCIA.2015.LO9QL9SX. For research only.']
      : ['For research only.']),
  ];
}

const shownText = (shown: number, count: number): string =>
  shown < count ? `${shown} of ${count} shown, spread evenly` : 'All shown';

const besideText = ({ name, file: { manifest, sha256 } }: Pairs): string =>
  `To the right of each the most alike of ${name} (${manifest.count} nodules, ${manifest.fold} fold, patches ${sha256.slice(0, 12)}), ` +
  'by class, diameter and ratings, none twice.';

function counts({ cancerRule: { countsInSet: of } }: PatchManifest): string {
  return `${of.malignant} malignant, ${of.benign} benign, ${of.indeterminate} indeterminate`;
}
