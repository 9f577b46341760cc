/**
 * What is refused before an XML parser sees it. A document type declaration is where entity bombs and external entities
 * come from, and no LIDC file has one; the other limits bound what a damaged or hostile file can cost. One pass, each
 * character looked at once.
 */
import { MOST_XML_BYTES, tooLarge } from './xmlText.ts';

/** The largest file of LIDC-IDRI has 180,000 tags; its deepest element lies six deep; its longest tag has 260 characters. */
const MOST_TAGS = 1_000_000;
export const MOST_NESTED = 16;
const LONGEST_TAG = 4_096;

/**
 * @returns what is wrong, with its line, or undefined
 * @throws NoduleLabError `invalid-input` where the text is too long
 */
export function whatIsUnsafe(xml: string, name: string): string | undefined {
  if (xml.length > MOST_XML_BYTES) throw tooLarge(name, xml.length);
  let [depth, tags] = [0, 0];
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', at)) {
    const next = xml.charCodeAt(at + 1);
    if (next === 0x21 /* ! */) {
      const end = xml.startsWith('<!--', at)
        ? xml.indexOf('-->', at + 4)
        : xml.startsWith('<![CDATA[', at)
          ? xml.indexOf(']]>', at + 9)
          : -2;
      if (end === -2)
        return `line ${lineOf(xml, at)}: it has a document type declaration, and those can carry entity bombs`;
      if (end < 0) return undefined; // Never closed: the validator says so.
      at = end + 3;
      continue;
    }
    const end = next === 0x3f /* ? */ ? xml.indexOf('?>', at + 2) : tagEnd(xml, at);
    if (end < 0) return undefined;
    if (end - at > LONGEST_TAG)
      return `line ${lineOf(xml, at)}: a tag is longer than ${LONGEST_TAG} characters`;
    if (++tags > MOST_TAGS) return `line ${lineOf(xml, at)}: it has more than ${MOST_TAGS} tags`;
    if (next === 0x2f /* / */) depth--;
    else if (next !== 0x3f && xml.charCodeAt(end - 1) !== 0x2f) depth++;
    if (depth > MOST_NESTED)
      return `line ${lineOf(xml, at)}: its elements are nested more than ${MOST_NESTED} deep`;
    at = end + 1;
  }
  return undefined;
}

/** Index of the `>` that ends the tag at `at`; a `>` within quotes does not. At most one character past the limit. */
function tagEnd(xml: string, at: number): number {
  const plain = xml.indexOf('>', at);
  if (plain < 0) return -1;
  const last = Math.min(xml.length, at + LONGEST_TAG + 2);
  let quote = 0;
  for (let index = at; index < last; index++) {
    const code = xml.charCodeAt(index);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === 0x22 || code === 0x27) quote = code;
    else if (code === 0x3e) return index;
  }
  return last === xml.length ? -1 : last;
}

function lineOf(xml: string, at: number): number {
  let line = 1;
  for (let index = xml.indexOf('\n'); index >= 0 && index < at; index = xml.indexOf('\n', index + 1)) line++;
  return line;
}
