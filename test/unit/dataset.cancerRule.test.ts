import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDataset, type BuildOptions } from '../../server/src/dataset/build.ts';
import { writeVois } from '../support/voiFolder.ts';

let root: string;
let options: (name: string, more?: Partial<BuildOptions>) => BuildOptions;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'nodulelab-rule-'));
  const dir = join(root, 'vois');
  writeVois(dir, [
    { patient: 'LIDC-IDRI-0001', nodule: '1', radiusMm: 5, malignancy: 5 },
    { patient: 'LIDC-IDRI-0011', nodule: '1', radiusMm: 4, malignancy: 5 },
    { patient: 'LIDC-IDRI-0011', nodule: '2', radiusMm: 1.5, malignancy: 5 },
    { patient: 'LIDC-IDRI-0012', nodule: '1', radiusMm: 6, malignancy: 1 },
    { patient: 'LIDC-IDRI-0013', nodule: '1', radiusMm: 3, malignancy: 3 },
  ]);
  options = (name, more = {}) => ({
    source: { kind: 'vois', dir },
    class: 'all',
    form: 'isolated',
    fieldOfView: 'scaled',
    size: 16,
    split: { seed: 6, folds: 50 },
    fold: 'train',
    outDir: join(root, name),
    ...more,
  });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the cancer rule of a set', () => {
  const diagnosis = (rows: readonly string[]): string => {
    const path = join(root, `diagnosis-${rows.length}.csv`);
    const header =
      'TCIA Patient ID,"Diagnosis at the Patient Level\n0=Unknown\n1=benign or non-malignant disease\n2= malignant, primary lung cancer\n3 = malignant metastatic",' +
      '"Diagnosis Method\n0 = unknown",Primary tumor site for metastatic disease,"Nodule 1\nDiagnosis at the Nodule Level \n0=Unknown",' +
      '"Nodule 1\nDiagnosis Method at the Nodule Level",Nodule 2\u00a0Diagnosis at the Nodule Level,Nodule 2 Diagnosis Method';
    writeFileSync(path, [header, ...rows, ''].join('\r\n'));
    return path;
  };

  test('asks for as many readers as it is told', async () => {
    const manifest = await buildDataset(
      options('no-readers', { cancerRule: { kind: 'median', leastReaders: 3 } }),
    ).catch((error: unknown) => error);
    expect(manifest).toMatchObject({
      message: expect.stringMatching(/the source does not say how many readers marked it \(at least 3/),
    });
  });

  test('takes the label of the table, and leaves out nodules without one', async () => {
    await expect(buildDataset(options('no-table', { cancerRule: { kind: 'table' } }))).rejects.toThrow(
      /the source's table has no Diagnosis for it/,
    );
    const dir = join(root, 'labelled');
    await cp(join(root, 'vois'), dir, { recursive: true });
    const labels = ['Diagnosis', 'Malign', 'Benign', 'Malign', 'Malign', ''];
    const lines = readFileSync(join(dir, 'nodules.csv'), 'utf8').trim().split('\n');
    writeFileSync(
      join(dir, 'nodules.csv'),
      lines.map((line, at) => `${line},${labels[at] ?? ''}`).join('\n'),
    );
    const manifest = await buildDataset(
      options('by-table', { source: { kind: 'vois', dir }, cancerRule: { kind: 'table' } }),
    );
    expect(manifest.patches.map(({ id, class: of }) => [id, of])).toEqual([
      ['LIDC-IDRI-0011/1', 'benign'],
      ['LIDC-IDRI-0012/1', 'malignant'],
    ]);
    expect(manifest.cancerRule).toMatchObject({
      rule: { kind: 'table' },
      text: expect.stringMatching(/own table \(Diagnosis\).*not pathology/),
      counts: { malignant: 3, benign: 1, indeterminate: 0 },
      notJudged: 1,
    });
    expect(manifest.leftOut.map(({ id }) => id)).toContain('LIDC-IDRI-0013/1');
  });

  test('takes a diagnosis of the patient, of the nodules where they agree, and leaves out what is not known', async () => {
    const file = diagnosis([
      'LIDC-IDRI-0011,2.0,2,,1,2,1,2',
      'LIDC-IDRI-0012,3,1,Colon,,,,',
      'LIDC-IDRI-0013,0,0,,0,0,,',
      'LIDC-IDRI-0001,1,1,,1,3,2,3',
      'LIDC-IDRI-0900,7,1,,,,,',
    ]);
    const manifest = await buildDataset(options('by-diagnosis', { cancerRule: { kind: 'diagnosis', file } }));
    expect(manifest.patches.map(({ id, class: of }) => [id, of])).toEqual([
      ['LIDC-IDRI-0011/1', 'benign'],
      ['LIDC-IDRI-0012/1', 'malignant'],
    ]);
    expect(manifest.leftOut).toContainEqual({
      id: 'LIDC-IDRI-0013/1',
      reason: 'the diagnosis of its patient is unknown',
    });
    expect(manifest.cancerRule).toMatchObject({
      rule: { kind: 'diagnosis', file: 'diagnosis-5.csv', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      counts: { malignant: 1, benign: 2, indeterminate: 0 },
      notJudged: 2,
    });
    expect(manifest.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /line \d+: column "Diagnosis at the Patient Level[^]*" holds "7": not a diagnosis/,
      ),
    ]);
    const differ = await buildDataset(
      options('differ', { fold: 'test', cancerRule: { kind: 'diagnosis', file } }),
    ).catch((error: unknown) => error);
    expect(differ).toMatchObject({
      message: expect.stringMatching(/nodules differ, and the table does not say/),
    });
  });

  test('judges nobody by rows that contradict each other, and by rows that say the same once', async () => {
    const file = diagnosis([
      'LIDC-IDRI-0011,1,2,,,,,',
      'LIDC-IDRI-0012,1,1,,,,,',
      'LIDC-IDRI-0011,3,2,,,,,',
      'LIDC-IDRI-0012,1,1,,,,,',
    ]);
    const manifest = await buildDataset(options('rows', { cancerRule: { kind: 'diagnosis', file } }));
    expect(manifest.patches.map(({ id }) => id)).toEqual(['LIDC-IDRI-0012/1']);
    expect(manifest.leftOut).toContainEqual({
      id: 'LIDC-IDRI-0011/1',
      reason: 'its patient stands in the diagnosis table twice, with different diagnoses',
    });
    expect(manifest.problems).toHaveLength(2);
  });

  test('names what a diagnosis table lacks', async () => {
    const path = join(root, 'other.csv');
    writeFileSync(path, 'patient,diagnosis\nLIDC-IDRI-0011,2\n');
    await expect(
      buildDataset(options('other', { cancerRule: { kind: 'diagnosis', file: path } })),
    ).rejects.toThrow(
      /other\.csv has no column that begins with "tcia patient id": .*"patient", "diagnosis"/,
    );
  });
});
