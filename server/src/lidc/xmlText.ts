/**
 * Bytes of an XML file → text, by the encoding that its first bytes name (XML 1.0, appendix F: byte order mark, else the
 * declaration, else UTF-8). Bytes that do not fit that encoding are an error: replacement characters would hide damage.
 */
import { NoduleLabError } from '../volume/errors.ts';

/** The largest of the 1,318 files of LIDC-IDRI has 2.2 MB. */
export const MOST_XML_BYTES = 16 * 2 ** 20;

/** @throws NoduleLabError `invalid-input` where the bytes are too many or not what their encoding allows */
export function decodeXml(bytes: Uint8Array, name: string): string {
  if (bytes.length > MOST_XML_BYTES) throw tooLarge(name, bytes.length);
  const encoding = encodingOf(bytes, name);
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch {
    throw wrong(name, `it declares the encoding "${encoding}", which is not known`);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    const text = new TextDecoder(encoding).decode(bytes);
    const line = text.slice(0, text.indexOf('\uFFFD')).split('\n').length;
    throw wrong(name, `line ${line} holds bytes that are not ${encoding}`);
  }
}

/** @throws NoduleLabError `invalid-input` always; to be called with a size that is too large */
export function tooLarge(name: string, bytes: number): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `${name} has ${bytes} bytes; an annotation file has at most ${MOST_XML_BYTES}. It is something else, or damaged: ` +
      'fetch it again from the archive.',
    { name, bytes },
  );
}

function encodingOf(bytes: Uint8Array, name: string): string {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (a === 0x3c && b === 0 && c === 0x3f && d === 0) return 'utf-16le';
  if (a === 0 && b === 0x3c && c === 0 && d === 0x3f) return 'utf-16be';
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  const declared =
    /^<\?xml\s[^>]{0,100}?encoding\s{0,9}=\s{0,9}["']([^"']{1,40})["']/.exec(head)?.[1] ?? 'utf-8';
  if (/^(utf-?16|ucs-?[24]|utf-?32)/i.test(declared))
    throw wrong(name, `it declares ${declared}, but its bytes are not`);
  return declared;
}

function wrong(name: string, why: string): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `${name} cannot be read as text: ${why}. Fetch the file again from the archive, or save it as UTF-8.`,
    { name },
  );
}
