/** The content tree of a structured report (PS3.3 C.17.3), in plain values. */
import type { Header } from './dcmjsFacade.ts';
import { TAG } from './tags.ts';

/** A coded concept. A code means something only together with its scheme. */
export interface Code {
  readonly value: string;
  /** Coding scheme designator, for example `DCM` or `SCT`. */
  readonly scheme: string;
  readonly meaning: string;
}

export interface ContentItem {
  /** `CONTAINER`, `CODE`, `NUM`, `TEXT`, `UIDREF`, `IMAGE`, … */
  readonly valueType: string;
  /** Its concept name; undefined where it has none (an item of an image library). */
  readonly concept: Code | undefined;
  /** Of a CODE. */
  readonly code: Code | undefined;
  /** Of a TEXT or UIDREF. */
  readonly text: string | undefined;
  /** Of a NUM. */
  readonly number: { readonly value: number; readonly unit: Code | undefined } | undefined;
  /** Of an IMAGE or COMPOSITE. */
  readonly reference: { readonly sopInstanceUID: string; readonly segment: number | undefined } | undefined;
  readonly children: readonly ContentItem[];
}

/** The item that a data set is, with everything below it. */
export function contentItem(item: Header): ContentItem {
  const [measured] = item.items(TAG.MeasuredValueSequence);
  const value = measured?.number(TAG.NumericValue);
  const [reference] = item.items(TAG.ReferencedSOPSequence);
  const sopInstanceUID = reference?.text(TAG.ReferencedSOPInstanceUID);
  return {
    valueType: item.text(TAG.ValueType) ?? '',
    concept: codeOf(item, TAG.ConceptNameCodeSequence),
    code: codeOf(item, TAG.ConceptCodeSequence),
    text: item.text(TAG.TextValue) ?? item.text(TAG.UID),
    number:
      measured === undefined || value === undefined
        ? undefined
        : { value, unit: codeOf(measured, TAG.MeasurementUnitsCodeSequence) },
    reference:
      sopInstanceUID === undefined
        ? undefined
        : { sopInstanceUID, segment: reference?.number(TAG.ReferencedSegmentNumber) },
    children: item.items(TAG.ContentSequence).map(contentItem),
  };
}

export function isConcept(concept: Code | undefined, value: string, scheme: string): boolean {
  return concept?.value === value && concept.scheme === scheme;
}

/** The first code of a code sequence; undefined where it is not whole. */
export function codeOf(item: Header, tag: string): Code | undefined {
  const [code] = item.items(tag);
  const value = code?.text(TAG.CodeValue);
  const scheme = code?.text(TAG.CodingSchemeDesignator);
  return value === undefined || scheme === undefined
    ? undefined
    : { value, scheme, meaning: code?.text(TAG.CodeMeaning) ?? '' };
}
