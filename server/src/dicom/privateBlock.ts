/** Reads NoduleLab's private block of a CT image (PS3.5 section 7.8.1), whatever transfer syntax it lies in. */
import { openPart10, dataSetElements } from './part10.ts';
import { PRIVATE_CREATOR, PRIVATE_GROUP } from './provenance.ts';

/** The texts of the block as they are stored, without the padding of their ends. */
export interface PrivateBlock {
  /** Element 01: provenance as JSON. */
  readonly provenance: string | undefined;
  /** Element 02: the signature, see signature.ts. */
  readonly signature: string | undefined;
}

/** @returns undefined where the file has no such block */
export function readPrivateBlock(file: {
  readonly name: string;
  readonly bytes: Uint8Array;
}): PrivateBlock | undefined {
  const elements = dataSetElements(openPart10(file.bytes, file.name), `${PRIVATE_GROUP}FFFF`);
  // Read from the bytes: implicit syntaxes keep no value representation of private elements.
  const textOf = (tag: string): string | undefined => {
    const found = elements.find((element) => element.tag === tag);
    if (found === undefined) return undefined;
    return Buffer.from(file.bytes.subarray(found.valueStart, found.valueEnd))
      .toString('latin1')
      .replace(/[\0 ]+$/, '');
  };
  const reserved = new RegExp(`^${PRIVATE_GROUP}00[1-9A-F][0-9A-F]$`);
  const creator = elements.find(({ tag }) => reserved.test(tag) && textOf(tag) === PRIVATE_CREATOR);
  if (creator === undefined) return undefined;
  const block = `${PRIVATE_GROUP}${creator.tag.slice(6)}`;
  return { provenance: textOf(`${block}01`), signature: textOf(`${block}02`) };
}
