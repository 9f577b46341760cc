/** What programs of other people say about the files that this room writes: dciodvfy (dicom3tools) and pydicom. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/ctSeries.ts';
import { writeDerivedCt, type BoxChange, type DerivedCt } from '../../server/src/dicom/derivedCt.ts';
import { isDicom } from '../../server/src/dicom/sniff.ts';
import { verifyDerived } from '../../server/src/dicom/verifyDerived.ts';
import { indexToWorld, type Vec3 } from '../../server/src/volume/ctVolume.ts';
import { countingUids, ctFiles, smallVolume } from '../support/ctFiles.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { aProvenance } from '../support/provenance.ts';
import { writeBalls, type Ball, type WrittenBalls } from '../support/writtenObjects.ts';

const PYTHON = '/usr/bin/python3';
const WRITTEN_OBJECTS = join(import.meta.dirname, '../support/written_objects.py');
const hasDciodvfy = spawnSync('dciodvfy', ['-version']).error === undefined;
const hasPydicom = spawnSync(PYTHON, ['-c', 'import pydicom, numpy'], { cwd: '/' }).status === 0;
const withDciodvfy = hasDciodvfy ? test : test.skip;
const withPydicom = hasPydicom ? test : test.skip;
const dciodvfyReason = hasDciodvfy
  ? ''
  : ' (skipped: dciodvfy is not installed; apt-get install dicom3tools)';
const pydicomReason = hasPydicom
  ? ''
  : ' (skipped: pydicom or numpy is not installed; apt-get install python3-pydicom python3-numpy)';

/** Synthetic Data (0008,001C) is newer than the dictionary of Debian's dicom3tools. */
const NEWER_THAN_THE_TOOL =
  /Attribute with an even group number is not a recognized standard attribute - \(0x0008,0x001c\)/;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodulelab-conformance-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;
function saved(bytes: Uint8Array): string {
  const path = join(dir, `${files++}.dcm`);
  writeFileSync(path, bytes);
  return path;
}

/** Lines that dciodvfy calls errors, where it takes the file for one of that kind. */
function errorsOf(bytes: Uint8Array, kind = 'CTImage'): string[] {
  const { stdout, stderr } = spawnSync('dciodvfy', [saved(bytes)], { encoding: 'utf8' });
  const lines = `${stdout}${stderr}`.split('\n');
  expect(lines).toContain(kind);
  return lines.filter((line) => line.startsWith('Error') && !NEWER_THAN_THE_TOOL.test(line));
}

/** Reads with every check that pydicom has, and tells what it sees. */
const SCRIPT = `
import json, sys, pydicom
from pydicom import config
config.settings.reading_validation_mode = config.RAISE if sys.argv[2] == 'strict' else config.WARN
ds = pydicom.dcmread(sys.argv[1])
for element in ds.iterall():
    element.value
hu = ds.pixel_array.astype('float64') * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
first = lambda keyword: str(getattr(ds, keyword)[0]) if keyword in ds else None
sequence = lambda keyword: getattr(ds, keyword)[0] if keyword in ds else None
source = sequence('SourceImageSequence')
equipment = sequence('ContributingEquipmentSequence')
code = lambda item: None if item is None else [item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning]
print(json.dumps({
  'hu': hu.flatten().tolist() if hu.size < 1000 else [float(hu.min()), float(hu.max()), float(hu.sum())],
  'shape': list(hu.shape),
  'synthetic': str(ds[0x0008001c].value) if 0x0008001c in ds else None,
  'patient': [str(ds.PatientID), str(ds.PatientName)],
  'imageType': list(ds.ImageType),
  'seriesDescription': str(ds.get('SeriesDescription', '')),
  'sopInstanceUID': str(ds.SOPInstanceUID),
  'meta': str(ds.file_meta.MediaStorageSOPInstanceUID),
  'source': None if source is None else str(source.ReferencedSOPInstanceUID),
  'purpose': None if source is None else code(source.PurposeOfReferenceCodeSequence[0]),
  'equipment': None if equipment is None else code(equipment.PurposeOfReferenceCodeSequence[0]),
}))
`;
function seenByPydicom(bytes: Uint8Array, mode: 'strict' | 'lenient' = 'strict'): Record<string, unknown> {
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', SCRIPT, saved(bytes), mode], {
    encoding: 'utf8',
    cwd: '/',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function derive(source: CtSeries, change: BoxChange): DerivedCt {
  return writeDerivedCt(source, [change], aProvenance(), {
    now: new Date('2026-01-02T03:04:05Z'),
    newUid: countingUids(5000),
  });
}

const CHANGE: BoxChange = { box: { min: [1, 1, 1], max: [3, 3, 2] }, hu: Int16Array.of(10, 20, 30, 40) };

describe('an original series', () => {
  withDciodvfy(`has no error${dciodvfyReason}`, () => {
    for (const { bytes } of ctFiles()) expect(errorsOf(bytes)).toEqual([]);
  });

  withPydicom(`is read by pydicom with the same HU${pydicomReason}`, () => {
    const volume = smallVolume();
    const seen = seenByPydicom(ctFiles(volume)[2]!.bytes);
    expect(seen).toMatchObject({
      hu: [...volume.data.slice(70, 105)],
      shape: [5, 7],
      synthetic: 'YES',
      patient: ['TEST-1', 'Phantom^Small'],
      imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    });
    expect(seen['meta']).toBe(seen['sopInstanceUID']);
  });
});

describe('a derived series', () => {
  withDciodvfy(`has no error${dciodvfyReason}`, () => {
    for (const { bytes } of derive(readCtSeries(ctFiles()), CHANGE).instances)
      expect(errorsOf(bytes)).toEqual([]);
  });

  withPydicom(`is read by pydicom with the change, the marks and the references${pydicomReason}`, () => {
    const source = readCtSeries(ctFiles());
    const expected = [...source.volume.data.slice(35, 70)];
    [expected[8], expected[9], expected[15], expected[16]] = [10, 20, 30, 40];
    const derived = derive(source, CHANGE);
    expect(seenByPydicom(derived.instances[1]!.bytes)).toMatchObject({
      hu: expected,
      synthetic: 'YES',
      patient: ['TEST-1', 'Phantom^Small'],
      imageType: ['DERIVED', 'SECONDARY', 'AXIAL'],
      seriesDescription: 'SYNTHETIC - Test series',
      sopInstanceUID: derived.instances[1]!.sopInstanceUID,
      meta: derived.instances[1]!.sopInstanceUID,
      source: source.slices[1]!.sopInstanceUID,
      purpose: ['121322', 'DCM', 'Source image for image processing operation'],
      equipment: ['109100', 'DCM', 'Synthesizing Equipment'],
    });
  });
});

function seriesFiles(patientDir: string): { name: string; bytes: Uint8Array }[] {
  const names = readdirSync(patientDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /1-\d{3}\.dcm$/.test(name),
  );
  return names
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(patientDir, name))) }))
    .filter(({ bytes }) => isDicom(bytes));
}

/** Slices that `written_objects.py` is given. */
type SliceNumbers = readonly number[];

interface Seen {
  readonly misplacedFrames: number;
  readonly maskVoxels: number;
  readonly changedInMask: number;
  readonly changedOutsideMask: number;
  readonly computed: Record<string, Record<string, number>>;
  readonly reported: Record<string, Record<string, number>>;
  readonly synthetic: readonly string[];
}

function seenByNumpy(source: CtSeries, written: WrittenBalls, slices: SliceNumbers): Seen {
  const folder = mkdtempSync(join(dir, 'objects-'));
  for (const k of slices) {
    writeFileSync(join(folder, `source-${k}.dcm`), source.slices[k]!.bytes);
    writeFileSync(join(folder, `derived-${k}.dcm`), written.derived.instances[k]!.bytes);
  }
  writeFileSync(join(folder, 'seg.dcm'), written.segmentation.bytes);
  writeFileSync(join(folder, 'sr.dcm'), written.report.bytes);
  const { stdout, stderr, status } = spawnSync(PYTHON, [WRITTEN_OBJECTS, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Seen;
}

/** What both programs must say of the objects beside a series with one nodule inserted and one removed. */
function expectSoundObjects(source: CtSeries, written: WrittenBalls, slices: SliceNumbers): void {
  if (hasDciodvfy) {
    expect(errorsOf(written.segmentation.bytes, 'Segmentation')).toEqual([]);
    expect(errorsOf(written.report.bytes, 'ComprehensiveSR')).toEqual([]);
  }
  if (!hasPydicom) return;
  const seen = seenByNumpy(source, written, slices);
  const voxels = written.segments.reduce((sum, { mask }) => sum + mask.filter((one) => one !== 0).length, 0);
  expect(seen).toMatchObject({
    misplacedFrames: 0,
    maskVoxels: voxels,
    changedOutsideMask: 0,
    synthetic: ['YES', 'YES'],
  });
  // By chance a voxel may have had its new value before.
  expect(seen.changedInMask).toBeGreaterThan(0.95 * voxels);
  expect(Object.keys(seen.reported)).toEqual(['1', '2']);
  for (const [segment, values] of Object.entries(seen.computed))
    for (const [name, value] of Object.entries(values))
      expect([name, seen.reported[segment]![name]]).toEqual([name, expect.closeTo(value, 3)]);
}

const written = (source: CtSeries, balls: readonly Ball[]): WrittenBalls =>
  writeBalls(source, balls, { now: new Date('2026-01-02T03:04:05Z'), newUid: countingUids(5000) });

describe('the segmentation and the report beside a derived series', () => {
  (hasDciodvfy || hasPydicom ? test : test.skip)(
    `have no error, lie where the CT changed, and give what is measured there${dciodvfyReason}${pydicomReason}`,
    () => {
      const source = readCtSeries(ctFiles(smallVolume([24, 20, 12], [1, 1.25, 2])));
      const at = (i: number, j: number, k: number): Vec3 => indexToWorld(source.volume, [i, j, k]);
      const objects = written(source, [
        { kind: 'insert', centre: at(7, 8, 4), diameterMm: 8 },
        { kind: 'remove', centre: at(16, 9, 7), diameterMm: 6 },
      ]);
      expectSoundObjects(source, objects, [...source.slices.keys()]);
    },
  );
});

describe('what is written for a real scan', () => {
  for (const patient of ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006'] as const)
    testWithLidc(
      [patient],
      `of ${patient}: the CT is bit-identical outside the box and has no error that its source had not, segmentation and report have none`,
      (folder) => {
        const source = readCtSeries(seriesFiles(folder));
        const [columns, rows, slices] = source.volume.size;
        const place = (i: number, j: number): Vec3 => indexToWorld(source.volume, [i, j, slices / 2]);
        const objects = written(source, [
          { kind: 'insert', centre: place(150, 250), diameterMm: 12 },
          { kind: 'remove', centre: place(360, 260), diameterMm: 9 },
        ]);
        const { derived, changes } = objects;
        const verified = verifyDerived(
          source,
          derived.instances.map(({ bytes }, k) => ({ name: `${k}`, bytes })),
          changes,
        );
        const boxes = changes.reduce((sum, { hu }) => sum + hu.length, 0);
        expect(verified.identicalVoxels).toBe(columns * rows * slices - boxes);
        expect(verified.changedVoxels).toBe(derived.changedVoxels);
        const changed = [...source.slices.keys()].filter((k) =>
          changes.some(({ box }) => k >= box.min[2] && k < box.max[2]),
        );
        expectSoundObjects(source, objects, changed);
        for (const k of [0, changed[0]! - 1, Math.round(slices / 2), slices - 1]) {
          const before = source.slices[k]!.bytes;
          const after = derived.instances[k]!.bytes;
          if (hasDciodvfy) {
            const known = errorsOf(before);
            expect(errorsOf(after).filter((line) => !known.includes(line))).toEqual([]);
          }
          if (hasPydicom) {
            const original = seenByPydicom(before, 'lenient');
            const seen = seenByPydicom(after, 'lenient');
            expect(seen).toMatchObject({
              patient: original['patient'],
              source: original['sopInstanceUID'],
              synthetic: 'YES',
            });
            if (!changed.includes(k)) expect(seen['hu']).toEqual(original['hu']);
          }
        }
      },
      120_000,
    );
});
