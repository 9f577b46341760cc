/** Writes small LIDC annotation files for tests. */

export interface XmlContour {
  readonly sop?: string;
  readonly z?: number;
  readonly inclusion?: boolean;
  readonly points: readonly (readonly [number, number])[];
}

export interface XmlMark {
  readonly id: string;
  /** The nine ratings in the order of the LIDC form; without them the mark is a nodule under 3 mm. */
  readonly ratings?: readonly number[];
  readonly contours: readonly XmlContour[];
}

export interface XmlSession {
  readonly marks?: readonly XmlMark[];
  readonly nonNodules?: readonly { readonly id: string; readonly point: readonly [number, number] }[];
}

export const SERIES = '1.2.826.0.1.7.1';
export const STUDY = '1.2.826.0.1.7';
/** SOP Instance UID of the slice at z (an integer number of mm). */
export const sopAt = (z: number): string => `${SERIES}.${z + 1000}`;
export const RATINGS = [5, 1, 6, 3, 4, 2, 2, 5, 4];

const NAMES =
  'subtlety internalStructure calcification sphericity margin lobulation spiculation texture malignancy';

export function lidcXml(sessions: readonly XmlSession[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<LidcReadMessage uid="1.2.3" xmlns="http://www.nih.gov">
<ResponseHeader><SeriesInstanceUid>${SERIES}</SeriesInstanceUid><StudyInstanceUID>${STUDY}</StudyInstanceUID></ResponseHeader>
${sessions.map(session).join('\n')}
</LidcReadMessage>
`;
}

function session({ marks = [], nonNodules = [] }: XmlSession): string {
  const others = nonNodules.map(
    ({ id, point: [x, y] }) =>
      `<nonNodule><nonNoduleID>${id}</nonNoduleID><imageZposition>0</imageZposition><imageSOP_UID>${sopAt(0)}</imageSOP_UID>` +
      `<locus><xCoord>${x}</xCoord><yCoord>${y}</yCoord></locus></nonNodule>`,
  );
  return `<readingSession>${marks.map(mark).join('\n')}${others.join('\n')}</readingSession>`;
}

function mark({ id, ratings, contours }: XmlMark): string {
  const rated = ratings
    ? `<characteristics>${NAMES.split(' ')
        .map((name, at) => `<${name}>${ratings[at]}</${name}>`)
        .join('')}</characteristics>`
    : '';
  return `<unblindedReadNodule><noduleID>${id}</noduleID>${rated}${contours.map(roi).join('\n')}</unblindedReadNodule>`;
}

function roi({ z = 0, sop = sopAt(z), inclusion = true, points }: XmlContour): string {
  const edges = points.map(([x, y]) => `<edgeMap><xCoord>${x}</xCoord><yCoord>${y}</yCoord></edgeMap>`);
  return (
    `<roi><imageZposition>${z}</imageZposition><imageSOP_UID>${sop}</imageSOP_UID>` +
    `<inclusion>${inclusion ? 'TRUE' : 'FALSE'}</inclusion>${edges.join('\n')}</roi>`
  );
}

/** The outline of a rectangle of lesion pixels: the ring of pixels around columns `x0`–`x1` and rows `y0`–`y1`. */
export function ringAround(x0: number, y0: number, x1: number, y1: number): [number, number][] {
  const ring: [number, number][] = [];
  for (let x = x0 - 1; x <= x1 + 1; x++) ring.push([x, y0 - 1]);
  for (let y = y0; y <= y1 + 1; y++) ring.push([x1 + 1, y]);
  for (let x = x1; x >= x0 - 1; x--) ring.push([x, y1 + 1]);
  for (let y = y1; y >= y0; y--) ring.push([x0 - 1, y]);
  return ring;
}
