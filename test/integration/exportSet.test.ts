import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { PatchManifest } from '../../server/src/dataset/manifest.ts';
import { SOFT_MARGIN } from '../../server/src/dataset/softMask.ts';
import { openPatchFile, type PatchFile } from '../../server/src/dataset/patchFile.ts';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/index.ts';
import { parseNifti } from '../../server/src/formats/nifti.ts';
import { parseNpy } from '../../server/src/formats/npy.ts';
import { modelCardSchema } from '../../server/src/gan/modelCard.ts';
import { balanceSet } from '../../server/src/services/balance/balanceSet.ts';
import { exportSet, type ExportSetOptions } from '../../server/src/services/exportSet/exportSet.ts';
import type { ExportRecord } from '../../server/src/services/exportSet/exportRecord.ts';
import { REPOSITORY } from '../../server/src/cli/runtime.ts';
import { drawing } from '../support/drawing.ts';
import { ballPatch, makeSet, RULE } from '../support/nodulePatches.ts';
import { nodulelab } from '../support/product.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-export-set-'));
const at = (...names: string[]): string => join(root, ...names);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SIZE = 16;
const MODEL_SHA256 = 'ab'.repeat(32);
const KEY = Buffer.alloc(32, 7);
const card = modelCardSchema.parse({
  ...(JSON.parse(readFileSync(join(REPOSITORY, 'models/malignant-64/model.json'), 'utf8')) as object),
  ...{ name: 'balls', data: 'Balls by a formula.', license: 'none', faults: ['They are all round.'] },
});

let source: PatchManifest;
let set: PatchFile;
beforeAll(async () => {
  const manifest = { softMargin: SOFT_MARGIN };
  await makeSet(at('real'), { malignant: 3, benign: 5, indeterminate: 2, manifest });
  await makeSet(at('with-alpha'), { malignant: 1, benign: 2, alpha: true });
  source = await balanceSet(
    {
      card: {
        ...{ name: 'balls', splitSha256: null, fieldOfView: { diameters: 2 }, softMargin: SOFT_MARGIN },
        split: { ...RULE, testPatients: [...RULE.testPatients], fold: 'train' },
      },
      ...{ sha256: MODEL_SHA256, size: SIZE },
      ...drawing((seed, index) => ballPatch(SIZE, 3.5, `${seed} ${index}`)),
    },
    { setDir: at('real'), outDir: at('balanced'), ratio: [1, 1], seed: 1, unlocked: false },
  );
  set = await openPatchFile(at('balanced'));
}, 60_000);
afterAll(() => set.close());

const options = (name: string, more: Partial<ExportSetOptions> = {}): ExportSetOptions => ({
  ...{ setDir: at('balanced'), outDir: at(name), format: 'npy', class: 'all', key: KEY, withoutAlpha: false },
  ...{ codeVersion: '1', now: new Date('2026-01-02T03:04:05Z'), cards: new Map(), stated: {} },
  ...more,
});

/** Voxels of the exported patch in the set: found by what identifies it besides its names. */
function indexOf(patch: ExportRecord['patches'][number]): number {
  return source.patches.findIndex((entry) =>
    patch.origin === 'synthetic'
      ? entry.id === patch.id
      : entry.origin === 'real' && entry.class === patch.class && entry.diameterMm === patch.diameterMm,
  );
}

const everyFile = (dir: string): string[] =>
  (readdirSync(dir, { recursive: true }) as string[])
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile());

describe('an export as npy', () => {
  test('holds every patch as it is in the set, each with its origin', async () => {
    const record = await exportSet(options('npy'));
    expect(JSON.parse(readFileSync(at('npy', 'export.json'), 'utf8'))).toEqual(record);
    expect(record).toMatchObject({ count: 10, fold: 'train', fromSha256: source.patchesSha256 });
    const seen = new Set<number>();
    for (const patch of record.patches) {
      const index = indexOf(patch);
      seen.add(index);
      const { shape, data } = parseNpy(readFileSync(at('npy', 'patches', patch.files.hu)), patch.files.hu);
      expect(shape).toEqual([SIZE, SIZE, SIZE]);
      expect(data).toEqual(await set.patch(index));
      const entry = source.patches[index]!;
      if (patch.origin === 'real' && entry.origin === 'real')
        expect(patch).toMatchObject({
          fold: source.split.assignment[entry.patientId],
          characteristics: entry.characteristics,
          spacingMm: entry.spacingMm,
        });
      else expect({ ...patch, files: null }).toEqual({ ...entry, files: null });
    }
    expect(seen.size).toBe(10);
  });

  test('holds alpha as a second channel where the set has it, and leaves it behind where asked', async () => {
    const alpha = await openPatchFile(at('with-alpha'));
    const record = await exportSet(options('npy-alpha', { setDir: at('with-alpha'), key: null }));
    expect(record.channels).toEqual(['hu', 'alpha']);
    for (const [index, { files }] of record.patches.entries()) {
      const { shape, data } = parseNpy(readFileSync(at('npy-alpha', 'patches', files.hu)), files.hu);
      expect(shape).toEqual([2, SIZE, SIZE, SIZE]);
      expect(data.slice(0, SIZE ** 3)).toEqual(await alpha.patch(index));
      expect(data.slice(SIZE ** 3)).toEqual(await alpha.channel(index, 'alpha'));
    }
    const bare = { setDir: at('with-alpha'), withoutAlpha: true };
    const without = await exportSet(options('npy-bare', bare));
    expect([without.channels, without.patches[0]?.files.alpha]).toEqual([['hu'], undefined]);
    await alpha.close();
  });

  test('holds one class where asked', async () => {
    const record = await exportSet(options('benign', { class: 'benign' }));
    expect(record.patches.map((patch) => patch.class)).toEqual(Array.from({ length: 5 }, () => 'benign'));
    await expect(exportSet(options('none', { class: 'indeterminate' }))).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('no patch of the class "indeterminate"'),
    });
    expect(existsSync(at('none'))).toBe(false);
  });
});

test('an export as NIfTI holds whole HU with the spacing of each patch, and alpha beside it', async () => {
  const record = await exportSet(options('nifti', { format: 'nifti' }));
  for (const patch of record.patches) {
    const image = parseNifti(readFileSync(at('nifti', 'patches', patch.files.hu)), patch.files.hu);
    const values = await set.patch(indexOf(patch));
    expect(image.data).toEqual(Int16Array.from(values, (value) => Math.round(1400 * value - 1000)));
    for (const mm of image.spacing) expect(mm).toBeCloseTo(patch.spacingMm, 5);
    // Around the origin: the place in the scanner is not given away.
    for (const mm of image.origin) expect(mm).toBeCloseTo((-(SIZE - 1) / 2) * patch.spacingMm, 4);
    const header = gunzipSync(readFileSync(at('nifti', 'patches', patch.files.hu)));
    expect(header.subarray(148, 228).toString('latin1')).toMatch(
      patch.origin === 'synthetic' ? /^SYNTHETIC nodule/ : /^CT nodule/,
    );
  }
  const more = { format: 'nifti', setDir: at('with-alpha'), key: null } as const;
  const [first] = (await exportSet(options('nifti-alpha', more))).patches;
  const alpha = await openPatchFile(at('with-alpha'));
  const { data } = parseNifti(readFileSync(at('nifti-alpha', 'patches', first!.files.alpha!)), 'alpha');
  expect(data).toEqual(await alpha.channel(0, 'alpha'));
  await alpha.close();
});

describe('an export as DICOM', () => {
  let record: ExportRecord;
  beforeAll(async () => {
    record = await exportSet(options('dicom', { format: 'dicom' }));
  }, 60_000);

  const filesOf = (folder: string): { name: string; bytes: Uint8Array }[] =>
    readdirSync(at('dicom', 'patches', folder)).map((name) => ({
      name,
      bytes: new Uint8Array(readFileSync(at('dicom', 'patches', folder, name))),
    }));

  test('is one CT series for each patch, with its HU and spacing', async () => {
    const seriesUids = new Set<string>();
    const studies = new Map<string, string>();
    for (const patch of record.patches) {
      const series: CtSeries = readCtSeries(filesOf(patch.files.hu));
      seriesUids.add(series.seriesInstanceUID);
      studies.set(series.patientId, series.studyInstanceUID);
      const values = await set.patch(indexOf(patch));
      expect(series.volume.data).toEqual(Int16Array.from(values, (value) => Math.round(1400 * value - 1000)));
      for (const mm of series.volume.spacing) expect(mm).toBeCloseTo(patch.spacingMm, 8);
      expect(series.patientId).toBe(patch.origin === 'real' ? patch.patientId : 'SYNTHETIC');
      expect(series.patientIdentityRemoved).toBe(true);
    }
    expect(seriesUids.size).toBe(10);
    expect(new Set(studies.values()).size).toBe(studies.size);
  });

  test('marks synthetic nodules as synthetic, in every slice, and real ones as derived', () => {
    for (const patch of record.patches)
      for (const { bytes } of filesOf(patch.files.hu)) {
        const text = Buffer.from(bytes).toString('latin1');
        expect(text).toContain('DERIVED\\SECONDARY\\AXIAL');
        const synthetic = patch.origin === 'synthetic';
        expect(text.includes('\x08\x00\x1c\x00CS\x04\x00YES ')).toBe(synthetic);
        expect(text.includes('SYNTHETIC - ')).toBe(synthetic);
        expect(text.includes('Synthesizing Equipment')).toBe(synthetic);
        expect(text.includes(MODEL_SHA256)).toBe(synthetic);
      }
  });

  const hasDciodvfy = spawnSync('dciodvfy', ['-version']).error === undefined;
  (hasDciodvfy ? test : test.skip)(
    `has no error${hasDciodvfy ? '' : ' (skipped: dciodvfy is not installed; apt-get install dicom3tools)'}`,
    () => {
      // Synthetic Data (0008,001C) is newer than the dictionary of Debian's dicom3tools.
      const newer = /not a recognized standard attribute - \(0x0008,0x001c\)/;
      for (const origin of ['real', 'synthetic']) {
        const { files } = record.patches.find((patch) => patch.origin === origin)!;
        const path = at('dicom', 'patches', files.hu, '0003.dcm');
        const { stdout, stderr } = spawnSync('dciodvfy', [path], { encoding: 'utf8' });
        const lines = `${stdout}${stderr}`.split('\n');
        expect(lines).toContain('CTImage');
        expect(lines.filter((line) => line.startsWith('Error') && !newer.test(line))).toEqual([]);
      }
    },
  );

  test('is refused for alpha, with the way out', async () => {
    const more = { format: 'dicom', setDir: at('with-alpha') } as const;
    await expect(exportSet(options('dicom-alpha', more))).rejects.toThrow('--no-alpha');
    expect(readdirSync(root).filter((name) => name.includes('dicom-alpha'))).toEqual([]);
    expect((await exportSet(options('dicom-bare', { ...more, withoutAlpha: true }))).count).toBe(3);
  });
});

describe('pseudonyms', () => {
  test.each(['npy', 'nifti', 'dicom'] as const)(
    'leave no identifier of the source in any file of %s',
    (name) => {
      const hidden = source.patches.flatMap((patch) =>
        patch.origin === 'real' ? [patch.patientId, patch.seriesUID, patch.sourceSha256] : [],
      );
      expect(hidden).toHaveLength(24);
      const files = everyFile(at(name));
      expect(files.length).toBeGreaterThan(10);
      for (const path of files) {
        const bytes = readFileSync(path);
        const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
        for (const secret of [...hidden, '/data/broken', KEY.toString('hex')])
          expect(text).not.toContain(secret);
      }
    },
  );

  test('are the same for the same key in every format, and others for another key', async () => {
    const of = (name: string): unknown[] =>
      (JSON.parse(readFileSync(at(name, 'export.json'), 'utf8')) as ExportRecord).patches.map((patch) =>
        patch.origin === 'real' ? [patch.patientId, patch.seriesUID, patch.id] : patch.id,
      );
    expect(of('nifti')).toEqual(of('npy'));
    expect(of('dicom')).toEqual(of('npy'));
    await exportSet(options('other-key', { key: Buffer.alloc(32, 8) }));
    expect(
      of('other-key').filter((name) =>
        of('npy')
          .flat()
          .includes(name as string),
      ),
    ).toHaveLength(2);
  });

  test('are as many as there are patients, and give way to the identifiers where asked', async () => {
    const plain = await exportSet(options('plain', { key: null }));
    const real = plain.patches.filter((patch) => patch.origin === 'real');
    expect(plain.deidentified).toBe(false);
    const kept = source.patches.filter((patch) => patch.origin === 'real');
    expect(real.map(({ patientId }) => patientId)).toEqual(kept.map(({ patientId }) => patientId));
    expect(real[0]).toMatchObject({ centre: kept[0]!.centre, sourceSha256: kept[0]!.sourceSha256 });
    const hidden = (JSON.parse(readFileSync(at('npy', 'export.json'), 'utf8')) as ExportRecord).patches;
    const names = hidden.flatMap((patch) => (patch.origin === 'real' ? [patch.patientId] : []));
    expect(new Set(names).size).toBe(new Set(real.map(({ patientId }) => patientId)).size);
    for (const name of names) expect(name).toMatch(/^P-[0-9a-f]{12}$/);
  });
});

describe('the datasheet', () => {
  const sheet = async (name: string, more: Partial<ExportSetOptions> = {}): Promise<string> => {
    await exportSet(options(name, more));
    return readFileSync(at(name, 'DATASHEET.md'), 'utf8');
  };

  test('counts what is in the export and states how it was made', async () => {
    const text = await sheet('sheet', {
      cards: new Map([[MODEL_SHA256, card]]),
      stated: { purpose: 'A test.', contact: 'nobody@example.org' },
    });
    for (const words of [
      '| malignant | 3 | 2 | 3 |',
      '| benign | 5 | 0 | 5 |',
      '| all | 8 | 2 | 8 |',
      'it had 3 malignant and 5 benign nodules, and 2 synthetic malignant ones were added',
      source.split.sha256,
      source.patchesSha256,
      'median malignancy >= 4 malignant',
      'Indeterminate nodules left behind by balancing: 2',
      'area under the ROC curve of 1.000',
      'HU -1000 to 400',
      'The CT is whole up to 3 mm beyond the nodule and gone at 5 mm.',
      "2 times the nodule's largest in-plane diameter",
      'split that was drawn by the same rule',
      '- They are all round.',
      'Purpose: A test.',
      'Contact: nobody@example.org',
    ])
      expect(text).toContain(words);
    expect(text.match(/^## .*/gm)).toEqual([
      ...['## Motivation', '## Composition', '## Collection process'],
      ...['## Preprocessing, cleaning and labelling', '## Synthetic nodules'],
      ...['## Uses', '## Distribution', '## Maintenance'],
    ]);
  });

  test('says so where something is not known, and names the terms of LIDC-IDRI for its nodules only', async () => {
    const unknown = await sheet('unknown');
    expect(unknown).toContain('Purpose: Not stated by the exporter.');
    expect(unknown).toContain('Its card is not at hand');
    expect(unknown).toContain('does not say from which collection');
    expect(unknown).not.toMatch(/CC BY|LIDC/);
    const path = at('lidc', 'manifest.json');
    await makeSet(at('lidc'), { malignant: 1, benign: 1 });
    // Series of the collection have this root.
    const lidc = readFileSync(path, 'utf8').replaceAll(
      '1.2.840.99999.',
      '1.3.6.1.4.1.14519.5.2.1.6279.6001.',
    );
    writeFileSync(path, lidc);
    const text = await sheet('lidc-sheet', { setDir: at('lidc') });
    for (const words of [
      'CC BY 3.0',
      '10.7937/K9/TCIA.2015.LO9QL9SX',
      'data usage policy',
      'identify anyone',
    ])
      expect(text).toContain(words);
    expect(text).not.toContain('## Synthetic nodules');
  });
});

test('leaves nothing behind when it is cancelled, and overwrites nothing', async () => {
  const controller = new AbortController();
  const more = { signal: controller.signal, onProgress: () => controller.abort() };
  await expect(exportSet(options('cancelled', more))).rejects.toMatchObject({ kind: 'cancelled' });
  expect(readdirSync(root).filter((name) => name.includes('cancelled'))).toEqual([]);
  await expect(exportSet(options('npy'))).rejects.toMatchObject({ kind: 'conflict' });
});

describe('the command', () => {
  const run = (...args: string[]): ReturnType<typeof nodulelab> =>
    nodulelab(
      '--json',
      '--data',
      at('data'),
      'dataset',
      'export',
      at('balanced'),
      '--format',
      'npy',
      ...args,
    );

  test('keeps the key beside the export, for its owner only, and uses it again', async () => {
    const first = await run('--out', at('by-command'));
    expect(JSON.parse(first.stdout)).toMatchObject({ count: 10, synthetic: 2, deidentified: true });
    const key = at('by-command.key.json');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect((await run('--out', at('again'), '--key', key)).status).toBe(0);
    const patches = (name: string): unknown =>
      (JSON.parse(readFileSync(at(name, 'export.json'), 'utf8')) as ExportRecord).patches;
    expect(patches('again')).toEqual(patches('by-command'));
  }, 30_000);

  test('makes the folder that export and key lie in, and refuses a key within the export', async () => {
    expect((await run('--out', at('new', 'folder', 'export'))).status).toBe(0);
    expect(existsSync(at('new', 'folder', 'export.key.json'))).toBe(true);
    const within = await run('--out', at('within'), '--key', at('within', 'key.json'));
    expect([within.status, existsSync(at('within'))]).toEqual([1, false]);
    expect(within.stderr).toContain('would lie in the export');
  });

  test('makes no key where nothing was exported, and destroys no other file for one', async () => {
    const none = await run('--class', 'indeterminate', '--out', at('nothing'));
    expect([none.status, existsSync(at('nothing.key.json'))]).toEqual([1, false]);
    writeFileSync(at('notes.txt'), 'not a key');
    const wrong = await run('--out', at('wrong'), '--key', at('notes.txt'));
    expect([wrong.status, existsSync(at('wrong'))]).toEqual([1, false]);
    expect(wrong.stderr).toContain('holds no key of an earlier export');
    expect(readFileSync(at('notes.txt'), 'utf8')).toBe('not a key');
    const plain = await run('--no-deidentified', '--out', at('plain-by-command'));
    expect([plain.status, existsSync(at('plain-by-command.key.json'))]).toEqual([0, false]);
  }, 30_000);
});
