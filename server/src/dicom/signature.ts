/**
 * The signature of a synthetic slice (Ed25519, RFC 8032). Signed is a statement: which image it is, what its provenance
 * and its pixels are (as SHA-256), and where its pixels lie and what they mean in HU. The statement stands beside the
 * signature, so that a copy that was changed shows what was changed. DICOM's own digital signatures (PS3.15 Annex C) need
 * certificates; this needs nothing but a key.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { Header } from './dcmjsFacade.ts';
import type { PrivateBlock } from './privateBlock.ts';
import { TAG } from './tags.ts';

/** Signs for one data folder. */
export interface Signer {
  /** Base64 of the 32 bytes. */
  readonly publicKey: string;
  /** 64 bytes. */
  sign(statement: Uint8Array): Uint8Array;
}

/** Which image a statement is about. */
export interface ImageIdentity {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
}

/** What a statement tells of an image besides its identity. */
export interface SignedContent {
  /** JSON as it is stored. */
  readonly provenance: string;
  /** Rows × columns words of 16 bits, little-endian, uncompressed. */
  readonly pixels: Uint8Array;
  /** The image's own header: its grid and rescale are signed as numbers, whatever way they are written. */
  readonly header: Header;
}

/** Parts of an image that a signature covers. */
export type SignedPart = 'identity' | 'provenance' | 'pixels' | 'grid';

export type SignatureCheck =
  | { readonly state: 'absent' }
  | { readonly state: 'valid'; readonly publicKey: string }
  /** `changed` names what differs from the statement; none where the signature itself is not that of its key. */
  | {
      readonly state: 'broken';
      readonly publicKey: string | undefined;
      readonly changed: readonly SignedPart[];
    };

const ALGORITHM = 'Ed25519';
const TITLE = 'NODULELAB-SIGNED-1';
const base64 = (bytes: number) => new RegExp(`^[A-Za-z0-9+/]{${Math.ceil((bytes * 4) / 3)}}=*$`);

const Element = z.object({
  algorithm: z.literal(ALGORITHM),
  publicKey: z.string().regex(base64(32)),
  statement: z.string(),
  signature: z.string().regex(base64(64)),
});

/** One line of words: title, study, series, image, SHA-256 of provenance, of pixels, and the numbers of the grid. */
function statementOf(identity: ImageIdentity, { provenance, pixels, header }: SignedContent): string {
  const grid = [
    ...[TAG.Rows, TAG.Columns, TAG.BitsStored, TAG.PixelRepresentation].map((tag) => header.number(tag)),
    ...[TAG.RescaleSlope, TAG.RescaleIntercept].map((tag) => header.number(tag)),
    ...(header.numbers(TAG.ImagePositionPatient, 3) ?? [undefined]),
    ...(header.numbers(TAG.ImageOrientationPatient, 6) ?? [undefined]),
    ...(header.numbers(TAG.PixelSpacing, 2) ?? [undefined]),
  ];
  return [
    TITLE,
    identity.studyInstanceUID,
    identity.seriesInstanceUID,
    identity.sopInstanceUID,
    createHash('sha256').update(provenance, 'latin1').digest('hex'),
    createHash('sha256').update(pixels).digest('hex'),
    grid.map((value) => value ?? 'none').join(','),
  ].join(' ');
}

/** Which part of an image each word of a statement speaks of. */
const PARTS: readonly (SignedPart | 'title')[] = [
  ...(['title', 'identity', 'identity', 'identity', 'provenance', 'pixels', 'grid'] as const),
];

/** What goes into the private element beside the provenance. */
export function signatureElement(signer: Signer, identity: ImageIdentity, content: SignedContent): string {
  const statement = statementOf(identity, content);
  const signature = signer.sign(Buffer.from(statement, 'latin1'));
  return JSON.stringify({
    algorithm: ALGORITHM,
    publicKey: signer.publicKey,
    statement,
    signature: Buffer.from(signature).toString('base64'),
  });
}

function parsed(text: string): z.infer<typeof Element> | undefined {
  try {
    return Element.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isSignedBy(publicKey: string, statement: string, signature: string): boolean {
  try {
    const x = Buffer.from(publicKey, 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: ALGORITHM, x }, format: 'jwk' });
    return verify(null, Buffer.from(statement, 'latin1'), key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

/**
 * Looks whether an image is what was signed.
 *
 * @param pixels of the image, uncompressed: see SignedContent
 */
export function checkSignature(
  block: PrivateBlock | undefined,
  header: Header,
  pixels: Uint8Array,
): SignatureCheck {
  if (block?.signature === undefined) return { state: 'absent' };
  const element = parsed(block.signature);
  if (element === undefined) return { state: 'broken', publicKey: undefined, changed: [] };
  const { publicKey, statement, signature } = element;
  if (!isSignedBy(publicKey, statement, signature)) return { state: 'broken', publicKey, changed: [] };
  const found = statementOf(
    {
      studyInstanceUID: header.text(TAG.StudyInstanceUID) ?? '',
      seriesInstanceUID: header.text(TAG.SeriesInstanceUID) ?? '',
      sopInstanceUID: header.text(TAG.SOPInstanceUID) ?? '',
    },
    { provenance: block.provenance ?? '', pixels, header },
  );
  if (found === statement) return { state: 'valid', publicKey };
  const said = statement.split(' ');
  const changed = found
    .split(' ')
    .flatMap((word, at): SignedPart[] => (word === said[at] || at === 0 ? [] : [PARTS[at] as SignedPart]));
  return { state: 'broken', publicKey, changed: [...new Set(changed)] };
}
