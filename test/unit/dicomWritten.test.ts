import { describe, expect, test } from '@jest/globals';
import { contentItem, type ContentItem } from '../../server/src/dicom/contentTree.ts';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { decodeHeader } from '../../server/src/dicom/dcmjsFacade.ts';
import { pixelOutline } from '../../server/src/dicom/pixelOutline.ts';
import { writeMeasurementReport } from '../../server/src/dicom/reportWriter.ts';
import { frameBits, readSegmentation } from '../../server/src/dicom/segmentation.ts';
import { writeSegmentation } from '../../server/src/dicom/segmentationWriter.ts';
import { openSource } from '../../server/src/dicom/splice.ts';
import { readMeasurementReport } from '../../server/src/dicom/structuredReport.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { verifyReport, verifySegmentation } from '../../server/src/dicom/verifyWritten.ts';
import { indexToWorld, worldToIndex, type Vec3 } from '../../server/src/volume/ctVolume.ts';
import { altered, countingUids, ctFiles, smallVolume } from '../support/ctFiles.ts';
import { writeBalls, type Ball } from '../support/writtenObjects.ts';

const SIZE: Vec3 = [24, 20, 12];
const NOW = new Date('2026-03-04T05:06:07Z');
const deps = (from = 9000) => ({ now: NOW, newUid: countingUids(from) });
/** A CT whose voxels are 1 x 1.25 x 2 mm. */
const source = readCtSeries(ctFiles(smallVolume(SIZE, [1, 1.25, 2]), { studyDescription: 'Thorax' }));
const at = (i: number, j: number, k: number): Vec3 => indexToWorld(source.volume, [i, j, k]);
const BALLS: readonly Ball[] = [
  { kind: 'insert', centre: at(7, 8, 4), diameterMm: 8 },
  { kind: 'remove', centre: at(16, 9, 7), diameterMm: 6 },
];
const written = writeBalls(source, BALLS, deps());
const readBack = readSegmentation({ name: 'seg', bytes: written.segmentation.bytes });
const reportOf = (bytes: Uint8Array) => readMeasurementReport({ name: 'sr', bytes })!;

describe('the segmentation of a synthetic series', () => {
  test('has a segment for each edit, whose voxels are those of its mask', () => {
    expect(readBack.segments.map(({ number, label, trackingUid }) => [number, label, trackingUid])).toEqual([
      [1, 'Synthetic nodule 1', written.segments[0]!.trackingUid],
      [2, 'Removed nodule 1', written.segments[1]!.trackingUid],
    ]);
    const [columns, rows] = SIZE;
    const found = written.segments.map(() => new Set<string>());
    readBack.frames.forEach(({ segment, position, sources }, frame) => {
      const k = Math.round(worldToIndex(source.volume, position)[2]);
      expect(sources).toEqual([written.derived.instances[k]!.sopInstanceUID]);
      const bits = frameBits(readBack, frame);
      expect(bits).toContain(1);
      bits.forEach((bit, pixel) => {
        const voxel = `${pixel % columns} ${Math.floor(pixel / columns)} ${k}`;
        if (bit) found[segment - 1]!.add(voxel);
      });
    });
    expect([readBack.columns, readBack.rows]).toEqual([columns, rows]);
    written.segments.forEach(({ box, mask }, n) => {
      const wanted = new Set<string>();
      const [width, height] = [box.max[0] - box.min[0], box.max[1] - box.min[1]];
      mask.forEach((one, index) => {
        const [i, j] = [index % width, Math.floor(index / width) % height];
        const k = Math.floor(index / (width * height));
        if (one) wanted.add(`${box.min[0] + i} ${box.min[1] + j} ${box.min[2] + k}`);
      });
      expect(wanted.size).toBeGreaterThan(20);
      expect(found[n]).toEqual(wanted);
    });
  });

  test('refers to the derived series alone, so that no viewer lays it on the source', () => {
    expect(readBack.referencedSeries).toEqual([written.derived.seriesInstanceUID]);
    expect(readBack.frameOfReferenceUID).toBe(source.frameOfReferenceUID);
  });

  test('says whether a nodule is there or lung that was made', () => {
    expect(readBack.segments.map(({ propertyType }) => propertyType)).toEqual([
      { value: '27925004', scheme: 'SCT', meaning: 'Nodule' },
      { value: '39607008', scheme: 'SCT', meaning: 'Lung' },
    ]);
  });

  test('says whether segments overlap', () => {
    const [first] = BALLS as [Ball];
    const overlap = (balls: readonly Ball[]) =>
      decodeHeader(writeBalls(source, balls, deps()).segmentation.bytes, 'seg').text(TAG.SegmentsOverlap);
    expect(overlap(BALLS)).toBe('NO');
    expect(overlap([first, { ...first, kind: 'remove', diameterMm: 4 }])).toBe('YES');
  });

  test('is refused where an edit has no segment, or one without a voxel', () => {
    const { derived, provenance, segments } = written;
    const write = (given: typeof segments) => () =>
      writeSegmentation(source, derived, given, provenance, deps());
    expect(write(segments.slice(1))).toThrow('2 edits came with 1 segments');
    const [first, second] = segments as [(typeof segments)[0], (typeof segments)[0]];
    expect(write([first, { ...second, mask: second.mask.map(() => 0) }])).toThrow(
      'The segment of edit 2 has no voxel',
    );
    expect(write([{ ...first, mask: first.mask.subarray(1) }, second])).toThrow(
      'The segment of edit 1 has no voxel',
    );
  });
});

describe('the report of a synthetic series', () => {
  const report = reportOf(written.report.bytes);
  const measured = report.groups.filter(({ segment }) => segment !== undefined);

  test('gives diameter, volume and mean HU of each segment as they are in the written CT', () => {
    const ct = readCtSeries(written.derived.instances.map(({ bytes }, k) => ({ name: `${k}`, bytes })));
    const seg = written.segmentation.sopInstanceUID;
    expect(measured).toHaveLength(2);
    measured.forEach((group, n) => {
      expect(group.segment).toEqual({ sopInstanceUID: seg, number: n + 1 });
      expect(group.trackingUid).toBe(written.segments[n]!.trackingUid);
      expect(group.sourceSeriesInstanceUID).toBe(written.derived.seriesInstanceUID);
      const hu: number[] = [];
      readBack.frames.forEach(({ segment, position }, frame) => {
        if (segment !== n + 1) return;
        const first = SIZE[0] * SIZE[1] * Math.round(worldToIndex(ct.volume, position)[2]);
        frameBits(readBack, frame).forEach((bit, pixel) => bit && hu.push(ct.volume.data[first + pixel]!));
      });
      const volume = hu.length * 1 * 1.25 * 2;
      const mean = hu.reduce((sum, one) => sum + one, 0) / hu.length;
      expect(group.measurements.map(({ concept, value, unit }) => [concept.value, value, unit])).toEqual([
        ['81827009', expect.closeTo(Math.cbrt((6 * volume) / Math.PI), 3), 'mm'],
        ['118565006', expect.closeTo(volume, 3), 'mm3'],
        ['112031', expect.closeTo(mean, 3), "[hnsf'U]"],
      ]);
    });
  });

  test('states no finding: what was asked for stands among the parameters of the algorithm only', () => {
    for (const { evaluations } of report.groups)
      expect(evaluations.map(({ concept, value }) => [concept.meaning, value.meaning])).toEqual([
        ['Finding Site', 'Lung'],
      ]);
    const everything = itemsOf(contentItem(decodeHeader(written.report.bytes, 'sr')));
    const naming = everything.filter((one) =>
      JSON.stringify({ ...one, children: [] }).includes('malignancy'),
    );
    expect(naming.map(({ concept, text }) => [concept?.meaning, text])).toEqual([
      ['Algorithm Parameters', 'requested malignancy = 4'],
    ]);
    const parameters = everything.filter(({ concept }) => concept?.meaning === 'Algorithm Parameters');
    expect(parameters.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        `SHA-256 of the model = ${'ab'.repeat(32)}`,
        `SHA-256 of the candidate = ${'cd'.repeat(32)}`,
        'seed = 42',
        'requested diameter, mm = 8',
        'requested note = Gr??e',
        'removed nodule = nodule-3',
      ]),
    );
  });

  test('was observed by a device', () => {
    const root = contentItem(decodeHeader(written.report.bytes, 'sr'));
    const observed = root.children.filter(({ concept }) => concept?.meaning.includes('Observer'));
    expect(observed.map(({ code, text }) => code?.meaning ?? text)).toEqual([
      'Device',
      expect.stringMatching(/^2\.25\./),
      'NoduleLab',
      'NoduleLab',
      'NoduleLab',
    ]);
  });

  test('says the same when it is written again', () => {
    const { derived, segmentation, segments, provenance } = written;
    const again = writeMeasurementReport(source, derived, segmentation, segments, provenance, deps(1));
    expect(reportOf(again.bytes).groups).toEqual(report.groups);
  });
});

function itemsOf(item: ContentItem): ContentItem[] {
  return [item, ...item.children.flatMap(itemsOf)];
}

describe('segmentation and report', () => {
  const objects = [written.segmentation, written.report];

  test('have the patient and the study of the source, byte for byte', () => {
    const modules = (file: { name: string; bytes: Uint8Array }): Map<string, string> => {
      const { bytes, elements } = openSource(file);
      const study = [TAG.StudyInstanceUID, TAG.StudyDate, TAG.StudyID, TAG.StudyDescription] as string[];
      const wanted = elements.filter(
        ({ tag }) => tag.startsWith('0010') || tag.startsWith('0012') || study.includes(tag),
      );
      return new Map(
        wanted.map(({ tag, start, end }) => [
          tag,
          Buffer.from(bytes.subarray(start, end)).toString('latin1'),
        ]),
      );
    };
    const expected = modules(source.slices[0]!);
    expect(expected.size).toBeGreaterThan(5);
    for (const { bytes } of objects) expect(modules({ name: 'written', bytes })).toEqual(expected);
  });

  test('are marked as synthetic, in series of their own behind the CT', () => {
    for (const { bytes, seriesInstanceUID } of objects) {
      const header = decodeHeader(bytes, 'written');
      expect(header.text(TAG.SyntheticData)).toBe('YES');
      expect(header.text(TAG.SeriesDescription)).toMatch(/^SYNTHETIC - nodule \w+, series 301$/);
      expect(header.text(TAG.SeriesInstanceUID)).toBe(seriesInstanceUID);
      const equipment = header.items(TAG.ContributingEquipmentSequence);
      const purposes = equipment.flatMap((one) => one.items(TAG.PurposeOfReferenceCodeSequence));
      expect(purposes.map((purpose) => purpose.text(TAG.CodeValue))).toEqual(['109100', '109100']);
    }
    expect([written.derived, ...objects].map(({ seriesNumber }) => seriesNumber)).toEqual([301, 302, 303]);
  });

  test('take numbers that no series of the study has', () => {
    const numbers = (...taken: number[]): number[] => {
      const next = writeBalls(source, BALLS, { ...deps(), seriesNumbers: new Set(taken) });
      return [next.derived, next.segmentation, next.report].map(({ seriesNumber }) => seriesNumber);
    };
    expect(numbers(3, 301, 302, 303)).toEqual([304, 305, 306]);
    expect(numbers(3, 303, 305)).toEqual([307, 308, 309]);
  });

  test('are what was sent only where every mask and measure is the same', () => {
    const { segmentation, report } = written;
    expect(() => verifySegmentation(segmentation.bytes, segmentation.bytes.slice())).not.toThrow();
    expect(() => verifyReport(report.bytes, report.bytes.slice())).not.toThrow();
    const stored = altered({ name: 'seg', bytes: segmentation.bytes }, OTHER_CREATOR(segmentation));
    expect(() => verifySegmentation(segmentation.bytes, stored.bytes)).not.toThrow();
    const broken = segmentation.bytes.slice();
    broken[broken.length - 40] = broken[broken.length - 40]! ^ 1;
    expect(() => verifySegmentation(segmentation.bytes, broken)).toThrow(/frame \d+ differs/);
    const other = writeBalls(source, [{ ...BALLS[0]!, diameterMm: 7 }, BALLS[1]!], deps());
    expect(() => verifySegmentation(segmentation.bytes, other.segmentation.bytes)).toThrow(
      'is not what was sent',
    );
    expect(() => verifyReport(report.bytes, other.report.bytes)).toThrow('groups differs');
  });

  /** Something that an archive may add without harm. */
  const OTHER_CREATOR = ({ sopClassUID }: { sopClassUID: string }) => ({
    [TAG.SOPClassUID]: { vr: 'UI', values: [sopClassUID] },
    '00080014': { vr: 'UI', values: ['1.2.3'] },
  });
});

describe('what a series is called', () => {
  test('a healthy twin says that a nodule was removed; one with both kinds of edits is just synthetic', () => {
    const description = (balls: readonly Ball[]) =>
      writeBalls(source, balls, deps()).derived.seriesDescription;
    expect(description([BALLS[1]!])).toBe('SYNTHETIC - nodule removed - Test series');
    expect(description(BALLS)).toBe('SYNTHETIC - Test series');
  });
});

describe('the outline of pixels', () => {
  const outline = (rows: readonly string[]) =>
    pixelOutline(
      [...rows.join('')].flatMap((one, pixel) => (one === '#' ? [pixel] : [])),
      rows[0]!.length,
    );
  const area = (points: readonly (readonly [number, number])[]): number =>
    points.slice(1).reduce((sum, [x, y], n) => sum + points[n]![0] * y - x * points[n]![1], 0) / 2;

  test('goes around a pixel along its edges and ends where it began', () => {
    expect(outline(['...', '.#.', '...'])).toEqual([
      [1, 1],
      [2, 1],
      [2, 2],
      [1, 2],
      [1, 1],
    ]);
  });

  test('encloses what the largest part and its holes cover, also at the border of the image', () => {
    expect(area(outline(['###.#', '#.#..', '###..']))).toBe(9);
    expect(area(outline(['##..', '##..', '..#.', '..#.']))).toBe(4);
    expect(area(outline(['....#', '....#']))).toBe(2);
  });
});
