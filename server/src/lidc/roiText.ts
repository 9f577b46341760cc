/**
 * Reads the inside of one `<roi>` element. The XML parser hands it over as text: an archive has 1.9 million outline
 * points, and an object for each of their tags takes five times as long. Text in the form that every LIDC file has is
 * read here; any other form of the same elements (comments, attributes, another order) goes through the XML parser.
 */
import { XMLParser } from 'fast-xml-parser';
import { MOST_NESTED } from './xmlGuard.ts';

/** As the file has it; what is absent is undefined. */
export interface RoiText {
  readonly z: string | undefined;
  readonly sopInstanceUID: string | undefined;
  readonly inclusion: string | undefined;
  /** x and y by turns; NaN for what is no number. */
  readonly coordinates: readonly number[];
  /** Why nothing of it could be read. */
  readonly fault?: string;
}

const HEAD =
  /\s*<imageZposition>([^<]*)<\/imageZposition>\s*<imageSOP_UID>([^<]*)<\/imageSOP_UID>\s*<inclusion>([^<]*)<\/inclusion>\s*/y;
const POINT = /<edgeMap>\s*<xCoord>([^<]*)<\/xCoord>\s*<yCoord>([^<]*)<\/yCoord>\s*<\/edgeMap>\s*/y;

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  maxNestedTags: MOST_NESTED,
  isArray: (name) => name === 'edgeMap',
});

export function readRoi(text: string): RoiText {
  HEAD.lastIndex = 0;
  const head = HEAD.exec(text);
  if (head === null) return readAnyRoi(text);
  const coordinates: number[] = [];
  POINT.lastIndex = HEAD.lastIndex;
  let end = HEAD.lastIndex;
  while (end < text.length) {
    const point = POINT.exec(text);
    if (point === null) return readAnyRoi(text);
    coordinates.push(numberOf(point[1]), numberOf(point[2]));
    end = POINT.lastIndex;
  }
  return { z: head[1], sopInstanceUID: head[2], inclusion: head[3], coordinates };
}

/** A number in decimal notation; NaN for anything else, such as nothing or `0x10`. */
export function numberOf(text: string | undefined): number {
  return text !== undefined && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text)
    ? Number(text)
    : Number.NaN;
}

function readAnyRoi(text: string): RoiText {
  let parsed: { roi?: unknown };
  try {
    parsed = parser.parse(`<roi>${text}</roi>`) as { roi?: unknown };
  } catch (error) {
    // The parser refuses names such as __proto__.
    const fault = `cannot be parsed: ${error instanceof Error ? error.message : 'unknown'}`;
    return { z: undefined, sopInstanceUID: undefined, inclusion: undefined, coordinates: [], fault };
  }
  const roi = childrenOf(parsed.roi);
  const edges = Array.isArray(roi['edgeMap']) ? (roi['edgeMap'] as unknown[]) : [];
  return {
    z: textOf(roi['imageZposition']),
    sopInstanceUID: textOf(roi['imageSOP_UID']),
    inclusion: textOf(roi['inclusion']),
    coordinates: edges.flatMap((edge) => {
      const { xCoord, yCoord } = childrenOf(edge);
      return [numberOf(textOf(xCoord)), numberOf(textOf(yCoord))];
    }),
  };
}

function childrenOf(element: unknown): Readonly<Record<string, unknown>> {
  return typeof element === 'object' && element !== null ? (element as Record<string, unknown>) : {};
}

function textOf(element: unknown): string | undefined {
  return typeof element === 'string' ? element : undefined;
}
