/**
 * 7,000 damaged files through every parser of binary formats and CSV: each is read to something that makes sense or
 * refused with an error of our own, without a word on the console; none takes more memory than its size allows.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import { TAG } from '../../server/src/dicom/tags.ts';
import { parseCsvTable, requireColumns } from '../../server/src/formats/csv.ts';
import { parseMetaImage } from '../../server/src/formats/metaImage.ts';
import { parseNifti } from '../../server/src/formats/nifti.ts';
import { encodeNifti } from '../../server/src/formats/niftiWrite.ts';
import { encodeNpy, parseNpy } from '../../server/src/formats/npy.ts';
import { parseNrrd } from '../../server/src/formats/nrrd.ts';
import type { ScalarImage } from '../../server/src/formats/scalarImage.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';
import { mutated, randomOf } from '../support/mutations.ts';
import { metaImageFiles, nrrdFiles } from '../support/volumeFiles.ts';

// Before anything is loaded that keeps a hold on the console: libraries that speak for themselves would write into the
// middle of a command's output.
const said = (['log', 'warn', 'error'] as const).map((method) =>
  jest.spyOn(console, method).mockImplementation(() => {}),
);
const { readDicomHeader } = await import('../../server/src/dicom/header.ts');
const { readCtSeries } = await import('../../server/src/dicom/ctSeries.ts');
const { readCtSlice } = await import('../../server/src/dicom/ctSlice.ts');
const { altered, ctFiles, implicit, smallVolume } = await import('../support/ctFiles.ts');

const FILES = 1000;
/** What a parser may allocate for a file of a few kilobytes, bytes: the beginning of a gzip stream unpacks to 4 MiB at most. */
const MOST_BYTES = 8 * 2 ** 20;
/** Damage that changes nothing which is read (voxels, comments) is rightly not noticed. */
const LEAST_REFUSED = FILES / 5;

const volume = smallVolume([9, 8, 7]);
const content = { ...volume, values: Array.from(volume.data) };

function requireSound({ size, spacing, origin, direction, data }: ScalarImage): void {
  const numbers = [...spacing, ...origin, ...direction.flat(), ...size];
  if (data.length !== size[0] * size[1] * size[2] || !numbers.every(Number.isFinite))
    throw new Error(`an image of ${size.join('×')} with ${data.length} voxels was let through`);
}

/** Each parser gets damaged forms of its files; `wrap` packs what was damaged inside. */
interface Target {
  readonly files: readonly Uint8Array[];
  readonly parse: (bytes: Uint8Array, index: number) => void;
  readonly wrap?: (bytes: Uint8Array) => Uint8Array;
}

const mhd = metaImageFiles({ ...content, dataFile: 'voxels.raw' });
const nhdr = nrrdFiles({ ...content, dataFile: 'voxels.raw' });
const slices = ctFiles(volume);
const withSequence = altered(slices[2]!, {
  [TAG.SourceImageSequence]: {
    vr: 'SQ',
    values: [{ [TAG.ReferencedSOPInstanceUID]: { vr: 'UI', values: ['1.2.3'] } }],
  },
});

const TARGETS: Record<string, Target> = {
  '.npy': {
    files: [
      encodeNpy(Float32Array.from(content.values), [7, 8, 9]),
      encodeNpy(Float32Array.from(content.values), [504]),
    ],
    parse: (bytes) => {
      const { shape, data } = parseNpy(bytes, 'x.npy');
      if (shape.reduce((product, count) => product * count, 1) !== data.length)
        throw new Error('shape and data differ');
    },
  },
  '.nii': {
    files: [encodeNifti(volume), encodeNifti({ ...volume, data: Float32Array.from(volume.data) })],
    parse: (bytes) => requireSound(parseNifti(bytes, 'x.nii')),
  },
  '.nii.gz': {
    files: [encodeNifti(volume, { gzip: true })],
    parse: (bytes) => requireSound(parseNifti(bytes, 'x.nii.gz')),
    wrap: (bytes) => gzipSync(bytes),
  },
  '.mhd and .mha': {
    files: [
      metaImageFiles(content).header,
      metaImageFiles({ ...content, packed: true, type: 'float64' }).header,
      mhd.header,
    ],
    parse: (bytes, index) =>
      requireSound(parseMetaImage(bytes, index % 3 === 2 ? mhd.data : undefined, 'x.mhd')),
  },
  '.nrrd and .nhdr': {
    files: [
      nrrdFiles(content).header,
      nrrdFiles({ ...content, packed: true, bigEndian: true }).header,
      nhdr.header,
    ],
    parse: (bytes, index) =>
      requireSound(parseNrrd(bytes, index % 3 === 2 ? nhdr.data : undefined, 'x.nrrd')),
  },
  '.csv': {
    files: [
      Buffer.from(
        `seriesuid,coordX,remark\n${Array.from({ length: 40 }, (_, at) => `1.2.${at},${at * 7.5},"a ""b"", c\nd"`).join('\r\n')}\n`,
      ),
    ],
    parse: (bytes) => {
      const table = parseCsvTable(new TextDecoder().decode(bytes), 'x.csv');
      requireColumns(table, ['seriesuid', 'coordX', 'remark']);
      for (const { fields } of table.rows)
        if (Object.values(fields).some((value) => typeof value !== 'string'))
          throw new Error('a field is missing');
    },
  },
  DICOM: {
    files: [slices[2]!.bytes, withSequence.bytes, implicit(slices[2]!).bytes],
    parse: (bytes) => {
      const file = { name: 'x.dcm', bytes };
      const errors: unknown[] = [];
      for (const read of [
        () => readDicomHeader(bytes, 'x.dcm'),
        () => readCtSlice(file),
        () => requireSound(readCtSeries([slices[0]!, slices[1]!, file, slices[3]!]).volume),
      ])
        try {
          read();
        } catch (error) {
          if (!(error instanceof NoduleLabError)) throw error;
          errors.push(error);
        }
      if (errors.length > 0) throw errors[0];
    },
  },
};

describe.each(Object.entries(TARGETS))('%s', (name, { files, parse, wrap }) => {
  test(`${FILES} damaged files are read or refused, in silence and within memory`, () => {
    files.forEach((bytes, index) => expect(() => parse(bytes, index)).not.toThrow());
    let refused = 0;
    for (let seed = 0; seed < FILES; seed++) {
      const random = randomOf(seed);
      const index = seed % files.length;
      const whole = files[index]!;
      // Half of the packed files are damaged inside, so that the damage gets past the checksum.
      const inside = wrap !== undefined && seed % 2 === 0;
      const damaged = inside ? wrap(mutated(gunzipSync(whole), random)) : mutated(whole, random);
      const before = process.memoryUsage().arrayBuffers;
      try {
        parse(damaged, index);
      } catch (error) {
        if (!(error instanceof NoduleLabError)) throw new Error(`${name}, seed ${seed}`, { cause: error });
        refused++;
      }
      const taken = process.memoryUsage().arrayBuffers - before;
      if (taken > MOST_BYTES)
        throw new Error(`${name}, seed ${seed}: ${taken} bytes taken for ${damaged.length}`);
    }
    for (const method of said) expect(method).not.toHaveBeenCalled();
    expect(refused).toBeGreaterThan(LEAST_REFUSED);
    expect(refused).toBeLessThan(FILES);
  });
});
