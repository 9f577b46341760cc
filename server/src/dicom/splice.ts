/**
 * Builds a new DICOM file from another one by replacing some of its elements. Everything else is copied byte for byte:
 * patient and study modules, private elements, text in whatever character set.
 */
import { encodePart10, type NewDataSet } from './dcmjsFacade.ts';
import { walkElements, walkItems, type ElementRange } from './elementWalk.ts';
import { concatBytes, explicitDataSet, explicitHeader, itemBytes } from './explicitSyntax.ts';
import { openPart10 } from './part10.ts';

/** A source data set in Explicit VR Little Endian with its top-level elements. */
export interface SourceDataSet {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly elements: readonly ElementRange[];
}

export function openSource(file: { readonly name: string; readonly bytes: Uint8Array }): SourceDataSet {
  const bytes = explicitDataSet(openPart10(file.bytes, file.name));
  return {
    name: file.name,
    bytes,
    elements: walkElements(bytes, { explicit: true, start: 0, end: bytes.length, name: file.name }),
  };
}

export interface SplicePlan {
  /** New elements; SOP Class and SOP Instance UID must be among them. They replace the source's of the same tag. */
  readonly replace: NewDataSet;
  /** Elements of the source to leave out. */
  readonly drop: ReadonlySet<string>;
  /** Sequences among `replace` whose new items follow the source's own items. */
  readonly append: ReadonlySet<string>;
}

/** Retired group lengths (gggg,0000) would no longer be true. */
const isGroupLength = (tag: string): boolean => tag.endsWith('0000');

function appended(
  source: SourceDataSet,
  old: ElementRange,
  added: Uint8Array,
  addedRange: ElementRange,
): Uint8Array {
  const items = walkItems(source.bytes, old, { explicit: true, name: source.name }).map(({ start, end }) =>
    itemBytes(source.bytes.subarray(start, end)),
  );
  const value = concatBytes([...items, added.subarray(addedRange.valueStart, addedRange.valueEnd)]);
  return concatBytes([explicitHeader(old.tag, 'SQ', value.length), value]);
}

/** The new file, in Explicit VR Little Endian. */
export function spliceDataSet(source: SourceDataSet, plan: SplicePlan): Uint8Array {
  const fresh = encodePart10(plan.replace);
  const { dataSetStart } = openPart10(fresh, source.name);
  const freshElements = walkElements(fresh, {
    explicit: true,
    start: dataSetStart,
    end: fresh.length,
    name: source.name,
  });
  const parts = new Map<string, Uint8Array>();
  for (const element of source.elements)
    if (!plan.drop.has(element.tag) && !isGroupLength(element.tag))
      parts.set(element.tag, source.bytes.subarray(element.start, element.end));
  for (const element of freshElements) {
    const old = source.elements.find(({ tag }) => tag === element.tag);
    parts.set(
      element.tag,
      old !== undefined && plan.append.has(element.tag)
        ? appended(source, old, fresh, element)
        : fresh.subarray(element.start, element.end),
    );
  }
  const ordered = [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bytes]) => bytes);
  return concatBytes([fresh.subarray(0, dataSetStart), ...ordered]);
}
