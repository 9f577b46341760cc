/**
 * Answers of Orthanc in shapes that the one on this machine does not give: those of 1.12 as its documentation has
 * them (not verified against a running 1.12), and damaged ones.
 */
import { describe, expect, test } from '@jest/globals';
import { concurrently } from '../../server/src/pacs/concurrently.ts';
import { createOrthancClient, type OrthancClient } from '../../server/src/pacs/index.ts';

type Canned = Readonly<Record<string, { status?: number; body: string }>>;

function clientOf(answers: Canned): OrthancClient {
  const canned: typeof fetch = async (input, init) => {
    const key = `${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`;
    const answer = answers[key] ?? { status: 404, body: '' };
    return new Response(answer.body, { status: answer.status ?? 200 });
  };
  return createOrthancClient({ baseUrl: 'http://orthanc:8042', fetch: canned });
}

const SYSTEM_1_12 = {
  ApiVersion: 29,
  Capabilities: { HasExtendedChanges: true, HasExtendedFind: true },
  CheckRevisions: false,
  HasLabels: true,
  Name: 'Orthanc inside Docker',
  OverwriteInstances: true,
  ReadOnly: false,
  UserMetadata: {},
  Version: '1.12.9',
};
const ID = '00000000-11111111-22222222-33333333-44444444';
const SERIES_1_12 = {
  ID,
  Instances: ['a', 'b'],
  IsStable: true,
  Labels: ['ours'],
  LastUpdate: '20260101T000000',
  MainDicomTags: { SeriesInstanceUID: '1.2.3', Modality: 'CT', SeriesNumber: '' },
  ParentStudy: 'p',
  Status: 'Unknown',
  Type: 'Series',
};

describe('shapes of Orthanc 1.12', () => {
  test('capabilities are read', async () => {
    const client = clientOf({
      'GET /system': { body: JSON.stringify(SYSTEM_1_12) },
      'GET /plugins/dicom-web': { body: '{"ID":"dicom-web","Version":"1.22"}' },
    });
    const expected = {
      version: '1.12.9',
      apiVersion: 29,
      name: 'Orthanc inside Docker',
      dicomWebVersion: '1.22',
      labels: true,
      overwritesInstances: true,
    };
    expect(await client.capabilities()).toEqual(expected);
  });

  test('an Orthanc that comes is seen, and one that goes is missed', async () => {
    const answers: Record<string, { status?: number; body: string }> = {
      'GET /system': { status: 503, body: '' },
    };
    const client = clientOf(answers);
    await expect(client.capabilities()).rejects.toThrow(/answers 503/);
    answers['GET /system'] = { body: JSON.stringify(SYSTEM_1_12) };
    expect((await client.capabilities()).dicomWebVersion).toBeUndefined();
    delete answers['GET /system'];
    await expect(client.capabilities()).rejects.toMatchObject({ kind: 'upstream' });
  });

  test('a series with labels and without a description or number', async () => {
    const client = clientOf({
      'POST /tools/lookup': {
        body: JSON.stringify([
          { ID, Path: `/series/${ID}`, Type: 'Series' },
          { ID: 'x', Type: 'Study' },
        ]),
      },
      [`GET /series/${ID}`]: { body: JSON.stringify(SERIES_1_12) },
    });
    expect(await client.findSeries('1.2.3')).toEqual({
      orthancId: ID,
      seriesInstanceUID: '1.2.3',
      modality: 'CT',
      seriesDescription: '',
      seriesNumber: undefined,
      instances: 2,
    });
  });
});

describe('answers that are damaged', () => {
  test.each([
    [
      'an error in JSON without a content type',
      500,
      '{"Message":"m","Details":"Disk is full"}',
      /answers 500 to POST \/instances: Disk is full/,
    ],
    ['an empty error', 500, '', /answers 500 to POST \/instances/],
    ['a success that is not JSON', 200, 'OK', /does not answer in JSON/],
    ['a success of another shape', 200, '[]', /answers with something that Orthanc does not say/],
    [
      'a status that is no storage',
      200,
      '{"ID":"a","Status":"FilteredOut"}',
      /did not store an instance: FilteredOut/,
    ],
    ['missing rights', 403, '', /refuses these credentials \(403\)/],
  ])('%s', async (_, status, body, message) => {
    const client = clientOf({ 'POST /instances': { status, body } });
    await expect(client.uploadInstance(new Uint8Array(4))).rejects.toMatchObject({
      kind: 'upstream',
      message: expect.stringMatching(message),
    });
  });

  test('a deletion that Orthanc only claims is noticed', async () => {
    const client = clientOf({
      [`DELETE /series/${ID}`]: { body: '{}' },
      [`GET /series/${ID}`]: { body: '{}' },
    });
    await expect(client.deleteSeriesByOrthancId(ID)).rejects.toThrow(/still has \/series/);
  });
});

describe('work at a time', () => {
  test('never exceeds the limit and keeps the order', async () => {
    let running = 0;
    let most = 0;
    const results = await concurrently([5, 1, 4, 2, 3], 2, async (ms) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, ms));
      running--;
      return ms * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  test('after a failure waits for what runs and begins nothing new', async () => {
    const ended: number[] = [];
    const run = concurrently([0, 1, 2, 3], 2, async (item) => {
      if (item === 0) throw new Error('first');
      await new Promise((resolve) => setTimeout(resolve, 20));
      ended.push(item);
    });
    await expect(run).rejects.toThrow('first');
    expect(ended).toEqual([1]);
  });
});
