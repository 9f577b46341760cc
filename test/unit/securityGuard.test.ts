import { describe, expect, test } from '@jest/globals';
import { dataSetElements, openPart10 } from '../../server/src/dicom/part10.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import {
  decideArchiveRequest,
  type ArchiveKnowledge,
  type ArchiveRequest,
} from '../../server/src/security/archiveRequests.ts';
import { parseMultipart } from '../../server/src/security/multipart.ts';
import { mayWriteBack } from '../../server/src/security/writeBack.ts';
import { altered, ctFiles } from '../support/ctFiles.ts';

const STUDY = '/dicom-web/studies/1.2.3';
const SERIES = `${STUDY}/series/1.2.3.4`;
const INSTANCE = `${SERIES}/instances/1.2.3.4.5`;
/** An archive that holds originals only. */
const ORIGINALS: ArchiveKnowledge = {
  isOurs: async () => false,
  hasSeries: async () => true,
  hasInstance: async () => true,
};
/** An archive that knows nothing of what is asked. */
const EMPTY: ArchiveKnowledge = {
  isOurs: async () => false,
  hasSeries: async () => false,
  hasInstance: async () => false,
};
/** An archive where every series is ours. */
const OURS: ArchiveKnowledge = {
  isOurs: async () => true,
  hasSeries: async () => true,
  hasInstance: async () => false,
};

const decide = async (request: ArchiveRequest, knowledge = ORIGINALS): Promise<string> => {
  const decision = await decideArchiveRequest(request, knowledge);
  return decision.allowed ? 'allowed' : decision.reason;
};

const SEG = '1.2.840.10008.5.1.4.1.1.66.4';
const object = (sopClass: string): Uint8Array =>
  altered(ctFiles()[0]!, { [TAG.SOPClassUID]: { vr: 'UI', values: [sopClass] } }).bytes;

function stow(
  parts: readonly Uint8Array[],
  partType = 'application/dicom',
): Required<Omit<ArchiveRequest, 'path' | 'method'>> {
  const chunks = parts.flatMap((part) => [
    Buffer.from(`--b0und\r\nContent-Type: ${partType}\r\n\r\n`),
    part,
    Buffer.from('\r\n'),
  ]);
  return {
    headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b0und' },
    body: Buffer.concat([...chunks, Buffer.from('--b0und--\r\n')]),
  };
}

/** The object with its SOP Instance UID a second time at its end. */
function twice(bytes: Uint8Array): Uint8Array {
  const file = openPart10(bytes, 'object');
  const uid = dataSetElements(file).find(({ tag }) => tag === TAG.SOPInstanceUID)!;
  return Buffer.concat([bytes, bytes.subarray(uid.start, uid.end)]);
}

describe('reading by DICOMweb passes', () => {
  test.each([
    '/dicom-web/studies',
    '/dicom-web/studies?PatientID=*&limit=10',
    '/dicom-web/series',
    STUDY,
    `${STUDY}/metadata`,
    `${STUDY}/series?includefield=all`,
    `${SERIES}/metadata`,
    `${SERIES}/instances`,
    `${SERIES}/thumbnail`,
    INSTANCE,
    `${INSTANCE}/rendered`,
    `${INSTANCE}/frames/1`,
    `${INSTANCE}/frames/1,2,3`,
    `${INSTANCE}/frames/1%2C2`,
    `${INSTANCE}/bulk/00420011`,
    `${INSTANCE}/bulk/54000100/1/54001010`,
  ])('GET %s', async (path) => {
    expect(await decide({ method: 'GET', path })).toBe('allowed');
    expect(await decide({ method: 'HEAD', path })).toBe('allowed');
  });
});

describe('everything else is refused, also on series of our own', () => {
  const methods = ['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'TRACE', 'CONNECT'];
  const paths = [
    STUDY,
    SERIES,
    INSTANCE,
    `${SERIES}/metadata`,
    '/dicom-web/servers',
    '/dicom-web/servers/x/stow',
    '/dicom-web/studies/',
  ];
  test.each(methods.flatMap((method) => paths.map((path) => [method, path] as const)))(
    '%s %s',
    async (method, path) => {
      expect(await decide({ method, path }, OURS)).not.toBe('allowed');
    },
  );

  test.each([
    ['GET', '/instances'],
    ['GET', '/series/abc/archive'],
    ['DELETE', '/series/abc'],
    ['POST', '/instances'],
    ['POST', '/tools/reset'],
    ['GET', '/dicom-webx/studies'],
    ['GET', '/'],
    ['GET', '/dicom-web'],
    ['GET', '/dicom-web/servers'],
    ['GET', '/dicom-web/app/client/index.html'],
    ['GET', '/dicom-web/studies/1.2.3/delete'],
    ['GET', '/dicom-web/studies/*/series'],
  ])('%s %s is outside DICOMweb', async (method, path) => {
    expect(await decide({ method, path }, OURS)).not.toBe('allowed');
  });

  test.each([
    '/dicom-web/../instances',
    '/dicom-web/studies/../../tools/reset',
    '/dicom-web/studies/%2e%2e/%2e%2e/instances',
    '/dicom-web//studies',
    '/dicom-web/studies/..',
    '/dicom-web/studies%2F1.2.3',
    '/dicom-web\\studies',
    '/dicom-web/studies#/x',
    '/dicom-web/studies;x=1',
  ])('a path that the archive could take for another one: %s', async (path) => {
    expect(await decide({ method: 'GET', path }, OURS)).not.toBe('allowed');
  });

  test.each([
    [{ method: 'GET', path: `${SERIES}?_method=DELETE` }],
    [{ method: 'GET', path: `${SERIES}?a=b&_METHOD=DELETE` }],
    [{ method: 'GET', path: SERIES, headers: { 'x-http-method-override': 'DELETE' } }],
  ])('a request that claims to be another method: %j', async (request) => {
    expect(await decide(request)).toMatch(/not a plain DICOMweb request/);
  });
});

describe('storing', () => {
  const path = '/dicom-web/studies';
  test('passes for a segmentation in a new series, and in one of our own', async () => {
    expect(await decide({ method: 'POST', path, ...stow([object(SEG)]) }, EMPTY)).toBe('allowed');
    expect(await decide({ method: 'POST', path: STUDY, ...stow([object(SEG)]) }, OURS)).toBe('allowed');
  });

  test('is refused into an original series', async () => {
    const knowledge = { ...ORIGINALS, hasInstance: async () => false };
    expect(await decide({ method: 'POST', path, ...stow([object(SEG)]) }, knowledge)).toMatch(
      /was not made by NoduleLab/,
    );
  });

  test('is refused over an instance that is there, even one of our own', async () => {
    const knowledge = { ...OURS, hasInstance: async () => true };
    expect(await decide({ method: 'POST', path, ...stow([object(SEG)]) }, knowledge)).toMatch(
      /nothing in it is replaced/,
    );
  });

  test('is refused for images, and for a batch with a single image in it', async () => {
    const ct = ctFiles()[1]!.bytes;
    expect(await decide({ method: 'POST', path, ...stow([ct]) }, EMPTY)).toMatch(
      /are not stored from the viewer/,
    );
    expect(await decide({ method: 'POST', path, ...stow([object(SEG), ct]) }, EMPTY)).toMatch(
      /are not stored from the viewer/,
    );
  });

  test('is refused where the archive cannot be asked', async () => {
    expect(
      await decide({ method: 'POST', path, ...stow([object(SEG)]) }, { isOurs: async () => true }),
    ).toMatch(/has instance/);
  });

  test.each([
    ['no body', {}],
    ['no parts', { ...stow([]) }],
    ['a body that is not multipart', { headers: { 'content-type': 'application/dicom' }, body: object(SEG) }],
    ['a body cut short', { ...stow([object(SEG)]), body: stow([object(SEG)]).body.subarray(0, 500) }],
    ['parts that Orthanc would drop', stow([object(SEG)], 'application/dicom; transfer-syntax=*')],
    [
      'two boundaries',
      {
        ...stow([object(SEG)]),
        headers: { 'content-type': 'multipart/related; boundary=b0und; boundary=other' },
      },
    ],
    [
      'text before the first part',
      { ...stow([object(SEG)]), body: Buffer.concat([Buffer.from('x\r\n'), stow([object(SEG)]).body]) },
    ],
    [
      'text after the last part',
      { ...stow([object(SEG)]), body: Buffer.concat([stow([object(SEG)]).body, Buffer.from('--b0und')]) },
    ],
    ['an object with two identities', stow([twice(object(SEG))])],
    ['parts that are not DICOM', stow([new Uint8Array(200)])],
  ])('is refused for %s', async (_, request) => {
    expect(await decide({ method: 'POST', path, ...request }, EMPTY)).not.toBe('allowed');
  });

  test('looks at exactly the bytes that were sent', () => {
    const parts = [Uint8Array.of(1, 13, 10, 2), Uint8Array.of(), Uint8Array.of(45, 45, 98)];
    const { headers, body } = stow(parts);
    expect(parseMultipart(headers['content-type'] as string, body)?.map((part) => [...part.bytes])).toEqual(
      parts.map((part) => [...part]),
    );
  });
});

describe('write-back', () => {
  test.each([
    [true, false, true],
    [false, true, true],
    [true, true, true],
    [false, false, false],
  ])(
    'de-identified %s, research archive %s: allowed %s',
    (patientIdentityRemoved, researchArchive, allowed) => {
      const decision = mayWriteBack({ patientIdentityRemoved }, { researchArchive });
      expect(decision.allowed).toBe(allowed);
      if (!decision.allowed) expect(decision.reason).toMatch(/0012,0062.*De-identify/s);
    },
  );
});
