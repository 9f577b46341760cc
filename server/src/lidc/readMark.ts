/** One `<unblindedReadNodule>` of one reader → a mark or a small nodule, and what was wrong with it. */
import { z } from 'zod';
import {
  CHARACTERISTICS,
  type Characteristics,
  type LidcContour,
  type LidcMark,
  type LidcPoint,
  type LidcProblem,
} from './annotations.ts';
import { selfCrossing, whatIsWrongWithPoints } from './outlineChecks.ts';
import { numberOf, readRoi } from './roiText.ts';

/** What the XML parser gives for the element; a `<roi>` comes as the text inside it. */
export const noduleElement = z.object({
  noduleID: z.string().optional(),
  characteristics: z.unknown().optional(),
  roi: z.array(z.string()).default([]),
});

export interface ReadNodule {
  readonly mark: LidcMark | undefined;
  readonly smallNodule: LidcPoint | undefined;
  readonly problems: readonly LidcProblem[];
}

/** Patient coordinates of a CT stay within this many mm of its origin. */
const FARTHEST_Z_MM = 10_000;
const UID = /^[0-9]+(\.[0-9]+)+$/;
const HIGHEST: Readonly<Partial<Record<string, number>>> = { internalStructure: 4, calcification: 6 };

/** @param markId as the file has it, or what stands in for it */
export function readNodule(
  element: z.infer<typeof noduleElement>,
  reader: number,
  markId: string,
): ReadNodule {
  const where = `reader ${reader + 1}, nodule ${markId}`;
  const problems: LidcProblem[] = [];
  const outlines = element.roi.flatMap((text, index) =>
    readOutline(text, `${where}, roi ${index + 1}`, problems),
  );
  const ratings = readRatings(element.characteristics);
  const none = { mark: undefined, smallNodule: undefined, problems };
  const contours = outlines.filter(({ points }) => points.length > 1);
  const [first] = outlines;
  const [point] = first?.points ?? [];
  if (contours.length === 0) {
    if (first === undefined || point === undefined || outlines.length < element.roi.length) {
      const message = element.roi.length === 0 ? 'has no outline' : 'has no usable outline';
      problems.push({ where, message: `${message}; the mark is left out`, leftOut: 'mark' });
      return none;
    }
    if (outlines.length > 1)
      problems.push({
        where,
        message: `has ${outlines.length} single points; the first one stands for the nodule`,
      });
    if (ratings.values)
      problems.push({
        where,
        message: 'has ratings but no more than a point; it counts as smaller than 3 mm',
      });
    const { sopInstanceUID, z } = first;
    return { ...none, smallNodule: { reader, markId, sopInstanceUID, z, point } };
  }
  outlines.forEach(({ points, sopInstanceUID, inclusion }) => {
    const at = `${where}, slice ${sopInstanceUID}`;
    if (points.length === 1)
      problems.push({
        where: at,
        message: 'has a single point as outline; it is left out',
        leftOut: 'outline',
      });
    else if (points.length === 2)
      problems.push({ where: at, message: 'has an outline of two points, which encloses nothing' });
    const crossing = selfCrossing(points);
    if (crossing)
      problems.push({
        where: at,
        message:
          `has ${inclusion ? 'an outline' : 'a hole'} that crosses itself; ` +
          (crossing.leftOutPixels > 0
            ? `the ${crossing.leftOutPixels} pixels that it encloses twice count as outside`
            : 'all that it encloses counts as inside'),
      });
  });
  if (!contours.some(({ inclusion }) => inclusion))
    problems.push({ where, message: 'has holes only, so it encloses nothing' });
  if (!ratings.values)
    problems.push({ where, message: `${ratings.fault}; the mark counts as unrated`, leftOut: 'ratings' });
  return { ...none, mark: { reader, markId, characteristics: ratings.values ?? null, contours } };
}

function readOutline(text: string, where: string, problems: LidcProblem[]): LidcContour[] {
  const { z: zText, sopInstanceUID: sopText, inclusion: inclusionText, coordinates, ...rest } = readRoi(text);
  const sopInstanceUID = sopText?.trim() ?? '';
  const inclusion = inclusionText?.trim().toUpperCase();
  const fault =
    rest.fault ??
    whatIsWrongWithPoints(coordinates) ??
    (UID.test(sopInstanceUID) ? undefined : `has imageSOP_UID "${shown(sopInstanceUID)}", which is no UID`) ??
    (inclusion === 'TRUE' || inclusion === 'FALSE'
      ? undefined
      : `has inclusion "${shown(inclusion ?? '')}", neither TRUE nor FALSE`);
  if (fault !== undefined) {
    problems.push({ where, message: `${fault}; the outline is left out`, leftOut: 'outline' });
    return [];
  }
  const z = readZ(zText);
  if (z === undefined)
    problems.push({
      where,
      message: `has ${zText === undefined ? 'no imageZposition' : `imageZposition "${shown(zText)}"`}; its slice is known by its UID alone`,
    });
  const points: [number, number][] = [];
  for (let at = 0; at + 1 < coordinates.length; at += 2)
    points.push([coordinates[at] ?? 0, coordinates[at + 1] ?? 0]);
  return [{ sopInstanceUID, z, inclusion: inclusion === 'TRUE', points }];
}

/** Patient z in mm, or undefined where the text holds none that a CT can have. */
export function readZ(text: string | undefined): number | undefined {
  const z = numberOf(text);
  return Math.abs(z) <= FARTHEST_Z_MM ? z : undefined;
}

/** Whether a text can be a unique identifier. */
export function isUid(text: string): boolean {
  return text.length <= 64 && UID.test(text);
}

/** The nine ratings, or why there are none. Small nodules have none, an empty element, or zeros. */
function readRatings(element: unknown): { values?: Characteristics; fault: string } {
  const given = z.record(z.string(), z.unknown()).safeParse(element);
  const entries = CHARACTERISTICS.map(
    (name) => [name, given.success ? given.data[name] : undefined] as const,
  );
  if (entries.every(([, text]) => text === undefined || text === '')) return { fault: 'has no ratings' };
  const read = entries.map(([name, text]) => {
    const value = typeof text === 'string' ? numberOf(text) : Number.NaN;
    const highest = HIGHEST[name] ?? 5;
    const fits = Number.isInteger(value) && value >= 1 && value <= highest;
    const said = typeof text === 'string' && text !== '' ? `"${shown(text)}"` : 'missing';
    return { name, value, fault: fits ? undefined : `${name} is ${said}, not 1 to ${highest}` };
  });
  const faults = read.flatMap(({ fault }) => fault ?? []);
  return faults.length > 0
    ? { fault: faults.join(', ') }
    : {
        values: Object.fromEntries(read.map(({ name, value }) => [name, value])) as Characteristics,
        fault: '',
      };
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
