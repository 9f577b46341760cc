/** Content items of a structured report, to be written (PS3.3 C.17.3, C.18). */
import type { Code } from './contentTree.ts';
import type { NewDataSet } from './dcmjsFacade.ts';
import { coded, cs, decimalString, pn, sq, ui, us, ut } from './newElements.ts';
import type { ImagePoint } from './pixelOutline.ts';
import { TAG } from './tags.ts';

/** How an item belongs to the one above it. */
export type Relationship =
  'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'INFERRED FROM' | 'SELECTED FROM';

function item(
  relationship: Relationship,
  valueType: string,
  concept: Code | undefined,
  rest: NewDataSet,
  children: readonly NewDataSet[] = [],
): NewDataSet {
  return {
    [TAG.RelationshipType]: cs(relationship),
    [TAG.ValueType]: cs(valueType),
    ...(concept === undefined ? {} : { [TAG.ConceptNameCodeSequence]: coded(concept) }),
    ...rest,
    ...(children.length === 0 ? {} : { [TAG.ContentSequence]: sq(...children) }),
  };
}

const templateElements = (identifier: string): NewDataSet => ({
  [TAG.ContentTemplateSequence]: sq({
    [TAG.MappingResource]: cs('DCMR'),
    [TAG.TemplateIdentifier]: cs(identifier),
  }),
});

/** The root of a content tree: it has no relationship. */
export const rootContainer = (
  concept: Code,
  template: string,
  children: readonly NewDataSet[],
): NewDataSet => ({
  [TAG.ValueType]: cs('CONTAINER'),
  [TAG.ConceptNameCodeSequence]: coded(concept),
  [TAG.ContinuityOfContent]: cs('SEPARATE'),
  ...templateElements(template),
  [TAG.ContentSequence]: sq(...children),
});

export const container = (concept: Code, children: readonly NewDataSet[], template?: string): NewDataSet =>
  item(
    'CONTAINS',
    'CONTAINER',
    concept,
    {
      [TAG.ContinuityOfContent]: cs('SEPARATE'),
      ...(template === undefined ? {} : templateElements(template)),
    },
    children,
  );

export const codeContent = (
  relationship: Relationship,
  concept: Code,
  value: Code,
  children: readonly NewDataSet[] = [],
): NewDataSet => item(relationship, 'CODE', concept, { [TAG.ConceptCodeSequence]: coded(value) }, children);

export const textContent = (relationship: Relationship, concept: Code, value: string): NewDataSet =>
  item(relationship, 'TEXT', concept, { [TAG.TextValue]: ut(value) });

export const personContent = (relationship: Relationship, concept: Code, name: string): NewDataSet =>
  item(relationship, 'PNAME', concept, { [TAG.PersonName]: pn(name) });

export const uidContent = (relationship: Relationship, concept: Code, value: string): NewDataSet =>
  item(relationship, 'UIDREF', concept, { [TAG.UID]: ui(value) });

export const numberContent = (
  concept: Code,
  value: number,
  unit: Code,
  modifiers: readonly NewDataSet[] = [],
): NewDataSet =>
  item(
    'CONTAINS',
    'NUM',
    concept,
    {
      [TAG.MeasuredValueSequence]: sq({
        [TAG.NumericValue]: { vr: 'DS', values: [decimalString(value)] },
        [TAG.MeasurementUnitsCodeSequence]: coded(unit),
      }),
    },
    modifiers,
  );

/** An image, or a segment of a segmentation. */
export const imageContent = (
  relationship: Relationship,
  concept: Code | undefined,
  image: NewDataSet,
  segment?: number,
): NewDataSet =>
  item(relationship, 'IMAGE', concept, {
    [TAG.ReferencedSOPSequence]: sq({
      ...image,
      ...(segment === undefined ? {} : { [TAG.ReferencedSegmentNumber]: us(segment) }),
    }),
  });

/** A closed outline on an image. */
export const outlineContent = (concept: Code, points: readonly ImagePoint[], image: NewDataSet): NewDataSet =>
  item(
    'CONTAINS',
    'SCOORD',
    concept,
    {
      [TAG.GraphicData]: { vr: 'FL', values: points.flat() },
      [TAG.GraphicType]: cs('POLYLINE'),
    },
    [imageContent('SELECTED FROM', undefined, image)],
  );
