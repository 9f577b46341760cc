/**
 * The key pair that signs what a data folder writes: `<data>/keys/provenance.pem` (private, readable by its owner only)
 * and `provenance.pub.pem` (for whoever verifies elsewhere). Public keys of others that are to be trusted lie as
 * `keys/trusted/*.pem`.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from '../dicom/signature.ts';
import { writeAtomically } from '../nn/artefactFile.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface ProvenanceKeys {
  readonly signer: Signer;
  /** Own key first, then the trusted ones; base64 of 32 bytes each. */
  readonly known: readonly string[];
}

const PRIVATE_FILE = 'provenance.pem';
const PUBLIC_FILE = 'provenance.pub.pem';
const TRUSTED_FOLDER = 'trusted';

/**
 * Opens the keys of a data folder; the first call makes the pair. Of several processes that make it at once one wins,
 * and all use its pair.
 *
 * @throws NoduleLabError `unusable` for a file that holds no Ed25519 key
 */
export async function openProvenanceKeys(dataDir: string): Promise<ProvenanceKeys> {
  const folder = join(dataDir, 'keys');
  const file = join(folder, PRIVATE_FILE);
  const pem = (await textIfThere(file)) ?? (await makePair(dataDir, folder, file));
  const privateKey = ed25519(file, () => createPrivateKey(pem));
  const publicKey = createPublicKey(privateKey);
  // Written whenever it is missing: it follows from the private one.
  if ((await textIfThere(join(folder, PUBLIC_FILE))) === undefined)
    await writeAtomically(join(folder, PUBLIC_FILE), [Buffer.from(pemOf(publicKey))]);
  const own = rawKey(publicKey);
  return {
    signer: { publicKey: own, sign: (statement) => sign(null, statement, privateKey) },
    known: [...new Set([own, ...(await trustedKeys(join(folder, TRUSTED_FOLDER)))])],
  };
}

/** The public keys that a data folder knows, without making a pair: none where it has none. */
export async function knownPublicKeys(dataDir: string): Promise<readonly string[]> {
  const file = join(dataDir, 'keys', PRIVATE_FILE);
  const pem = await textIfThere(file);
  const own = pem === undefined ? [] : [rawKey(createPublicKey(ed25519(file, () => createPrivateKey(pem))))];
  return [...new Set([...own, ...(await trustedKeys(join(dataDir, 'keys', TRUSTED_FOLDER)))])];
}

/** Base64 of the 32 bytes of the Ed25519 public key in a PEM file. */
export async function readPublicKey(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8');
  return rawKey(ed25519(file, () => createPublicKey(pem)));
}

async function makePair(dataDir: string, folder: string, file: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A link appears whole and never replaces: who comes second reads the key of the first.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
}

async function trustedKeys(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(
    names
      .filter((name) => name.endsWith('.pem'))
      .toSorted()
      .map((name) => readPublicKey(join(folder, name))),
  );
}

function ed25519(file: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw noKey(file, cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw noKey(file);
  return key;
}

const noKey = (file: string, cause?: unknown): NoduleLabError =>
  new NoduleLabError(
    'unusable',
    `${file} holds no Ed25519 key: restore it from a copy. Without its key, series that were signed with it are told as signed by an unknown key.`,
    { file },
    cause,
  );

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

function rawKey(key: KeyObject): string {
  const { x } = key.export({ format: 'jwk' });
  return Buffer.from(x!, 'base64url').toString('base64');
}

async function textIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
