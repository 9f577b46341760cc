import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { readCtSlice } from '../../server/src/dicom/ctSlice.ts';
import { writeDerivedCt } from '../../server/src/dicom/derivedCt.ts';
import { readPrivateBlock } from '../../server/src/dicom/privateBlock.ts';
import { checkSignature, type SignatureCheck, type Signer } from '../../server/src/dicom/signature.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { altered, countingUids, ctFiles, type CtFile } from '../support/ctFiles.ts';
import { aProvenance } from '../support/provenance.ts';

function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: Buffer.from(x!, 'base64url').toString('base64'),
    sign: (statement) => sign(null, statement, privateKey),
  };
}

const SIGNER = newSigner();
const CHANGE = {
  box: { min: [2, 1, 1], max: [4, 3, 3] },
  hu: Int16Array.from({ length: 8 }, (_, i) => 100 + i),
} as const;

function derivedFiles(signer: Signer | undefined): CtFile[] {
  const deps = { now: new Date('2026-03-04T05:06:07Z'), newUid: countingUids(9000), signer };
  return writeDerivedCt(readCtSeries(ctFiles()), [CHANGE], aProvenance(), deps).instances.map(
    ({ bytes }, k) => ({ name: `derived-${k}.dcm`, bytes }),
  );
}

function check(file: CtFile): SignatureCheck {
  const { slice, frame, header } = readCtSlice(file);
  const pixels = slice.bytes.subarray(slice.pixelOffset, slice.pixelOffset + 2 * frame.columns * frame.rows);
  return checkSignature(readPrivateBlock(file), header, pixels);
}

const signed = (): CtFile => derivedFiles(SIGNER)[1]!;

describe('the signature of a synthetic slice', () => {
  test('fits every slice as it was written, changed pixels or not', () => {
    expect(derivedFiles(SIGNER).map(check)).toEqual(
      Array.from({ length: 4 }, () => ({ state: 'valid', publicKey: SIGNER.publicKey })),
    );
  });

  test('is absent, not broken, where nothing was signed', () => {
    expect(check(derivedFiles(undefined)[1]!)).toEqual({ state: 'absent' });
    expect(check(ctFiles()[1]!)).toEqual({ state: 'absent' });
  });

  test('is broken by one changed pixel, and says so', () => {
    const file = signed();
    const bytes = file.bytes.slice();
    bytes[readCtSlice(file).slice.pixelOffset]! ^= 1;
    expect(check({ ...file, bytes })).toEqual({
      ...{ state: 'broken', publicKey: SIGNER.publicKey, changed: ['pixels'] },
    });
  });

  test('is broken by another provenance, other identifiers, or another rescale, each by its name', () => {
    const file = signed();
    const provenance = JSON.stringify(aProvenance()).replace('11.5', '12.5');
    const cases = {
      provenance: altered(file, { '00751001': { vr: 'UT', values: [provenance] } }),
      identity: altered(file, { [TAG.SeriesInstanceUID]: { vr: 'UI', values: ['1.2.3.4'] } }),
      grid: altered(file, { [TAG.RescaleIntercept]: { vr: 'DS', values: ['-1000'] } }),
    };
    for (const [part, changed] of Object.entries(cases))
      expect(check(changed)).toEqual({
        ...{ state: 'broken', publicKey: SIGNER.publicKey, changed: [part] },
      });
  });

  test('fits where numbers are written in another way', () => {
    const file = altered(signed(), { [TAG.RescaleSlope]: { vr: 'DS', values: ['1.000'] } });
    expect(check(file).state).toBe('valid');
  });

  test('cannot be given to another key', () => {
    const file = signed();
    const other = newSigner().publicKey;
    const element = readPrivateBlock(file)!.signature!.replace(SIGNER.publicKey, other);
    expect(check(altered(file, { '00751002': { vr: 'UT', values: [element] } }))).toEqual({
      ...{ state: 'broken', publicKey: other, changed: [] },
    });
  });
});
