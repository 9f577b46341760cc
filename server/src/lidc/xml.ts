/**
 * Reads one LIDC-IDRI annotation file: four (or fewer, or more) blinded-then-unblinded reading sessions of one CT
 * series. A file that cannot be trusted as a whole is an error; a part that cannot be used is left out and listed in
 * `problems`. Form: S. Armato III et al., Med Phys 38(2):915, 2011, and the LIDC XML documentation.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import type { LidcAnnotations, LidcChestXray, LidcMark, LidcPoint, LidcProblem } from './annotations.ts';
import { whatIsWrongWithPoints } from './outlineChecks.ts';
import { isUid, noduleElement, readNodule, readZ } from './readMark.ts';
import { numberOf } from './roiText.ts';
import { missingSlices } from './slices.ts';
import { MOST_NESTED, whatIsUnsafe } from './xmlGuard.ts';
import { decodeXml } from './xmlText.ts';

export { CHARACTERISTICS } from './annotations.ts';
export type {
  Characteristic,
  Characteristics,
  LidcAnnotations,
  LidcChestXray,
  LidcContour,
  LidcMark,
  LidcPoint,
  LidcProblem,
} from './annotations.ts';

const uid = z.string().trim().refine(isUid, 'not a UID');
const nonNoduleElement = z.object({
  nonNoduleID: z.string().optional(),
  imageZposition: z.string().optional(),
  imageSOP_UID: z.string().optional(),
  locus: z.object({ xCoord: z.string().optional(), yCoord: z.string().optional() }).optional(),
});
const messageSchema = z.object({
  ResponseHeader: z.object({ SeriesInstanceUid: uid, StudyInstanceUID: uid }),
  // A session in which nothing was marked may be an empty element, and so may a mark.
  readingSession: z
    .array(
      z.preprocess(
        emptied,
        z.object({
          unblindedReadNodule: z.array(z.preprocess(emptied, noduleElement)).default([]),
          nonNodule: z.array(z.preprocess(emptied, nonNoduleElement)).default([]),
        }),
      ),
    )
    .default([]),
});

/** The fullest file of LIDC-IDRI has 195. Grouping compares each with each. */
const MOST_NODULES = 1_000;

const LISTS = new Set(['readingSession', 'unblindedReadNodule', 'nonNodule', 'roi']);
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  maxNestedTags: MOST_NESTED,
  stopNodes: ['*.roi'],
  isArray: (name) => LISTS.has(name),
});

/**
 * @param bytes the file as it is, in whatever encoding it says
 * @param name file name for messages
 * @throws NoduleLabError `invalid-input` as {@link parseLidcXml}, and where the bytes are not what their encoding allows
 */
export function readLidcXml(bytes: Uint8Array, name: string): LidcAnnotations | LidcChestXray {
  return parseLidcXml(decodeXml(bytes, name), name);
}

/**
 * @param xml the file's text
 * @param name file name for messages
 * @throws NoduleLabError `invalid-input` where the text is cut short, is no XML, is XML of another kind, or declares a
 *   document type
 */
export function parseLidcXml(xml: string, name: string): LidcAnnotations | LidcChestXray {
  requireWellFormed(xml, name);
  let root: Record<string, unknown>;
  try {
    root = parser.parse(xml) as Record<string, unknown>;
  } catch (cause) {
    throw invalid(name, `it cannot be parsed: ${cause instanceof Error ? cause.message : 'unknown'}`);
  }
  if ('IdriReadMessage' in root) return { kind: 'chest-xray', name };
  if (!('LidcReadMessage' in root))
    throw invalid(
      name,
      `its outermost element is <${Object.keys(root).find((key) => !key.startsWith('?')) ?? '?'}>, not <LidcReadMessage>`,
      'Give the XML file that the archive delivers beside the CT series.',
    );
  const parsed = messageSchema.safeParse(root['LidcReadMessage']);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(name, `${issue?.path.join('.') || 'LidcReadMessage'}: ${issue?.message ?? 'invalid'}`);
  }
  const nodules = parsed.data.readingSession.reduce(
    (sum, session) => sum + session.unblindedReadNodule.length,
    0,
  );
  if (nodules > MOST_NODULES)
    throw invalid(name, `it has ${nodules} nodules; a scan has at most ${MOST_NODULES}`);
  return annotationsOf(parsed.data, name);
}

function annotationsOf(message: z.infer<typeof messageSchema>, name: string): LidcAnnotations {
  const marks: LidcMark[] = [];
  const smallNodules: LidcPoint[] = [];
  const nonNodules: LidcPoint[] = [];
  const problems: LidcProblem[] = [];
  message.readingSession.forEach((session, reader) => {
    const ids = new Map<string, number>();
    session.unblindedReadNodule.forEach((element, index) => {
      const given = element.noduleID?.trim() ?? '';
      const before = ids.get(given) ?? 0;
      ids.set(given, before + 1);
      const markId = given === '' ? `#${index + 1}` : before === 0 ? given : `${given}#${before + 1}`;
      const where = `reader ${reader + 1}, nodule ${markId}`;
      if (given === '')
        problems.push({ where, message: 'has no noduleID; its place in the session stands in' });
      else if (before > 0)
        problems.push({
          where,
          message: `is not the first to be called ${given}; it is kept under this name`,
        });
      const read = readNodule(element, reader, markId);
      problems.push(...read.problems);
      if (read.mark) marks.push(read.mark);
      if (read.smallNodule) smallNodules.push(read.smallNodule);
    });
    session.nonNodule.forEach((element, index) => {
      const markId = element.nonNoduleID?.trim() || `#${index + 1}`;
      const coordinates = [numberOf(element.locus?.xCoord), numberOf(element.locus?.yCoord)];
      const [x = 0, y = 0] = coordinates;
      const sopInstanceUID = element.imageSOP_UID?.trim() ?? '';
      const fault = isUid(sopInstanceUID) ? whatIsWrongWithPoints(coordinates) : 'has no usable imageSOP_UID';
      if (fault === undefined)
        nonNodules.push({ reader, markId, sopInstanceUID, z: readZ(element.imageZposition), point: [x, y] });
      else
        problems.push({
          where: `reader ${reader + 1}, non-nodule ${markId}`,
          message: `${fault}; it is left out`,
          leftOut: 'point',
        });
    });
  });
  return {
    kind: 'ct',
    name,
    seriesInstanceUID: message.ResponseHeader.SeriesInstanceUid,
    studyInstanceUID: message.ResponseHeader.StudyInstanceUID,
    readers: message.readingSession.length,
    marks,
    smallNodules,
    nonNodules,
    problems: [...problems, ...missingSlices(marks, [...smallNodules, ...nonNodules])],
  };
}

function emptied(element: unknown): unknown {
  return element === '' ? {} : element;
}

function requireWellFormed(xml: string, name: string): void {
  if (!xml.trimStart().startsWith('<')) throw invalid(name, 'it is not XML');
  const unsafe = whatIsUnsafe(xml, name);
  if (unsafe !== undefined) throw invalid(name, unsafe);
  const valid = XMLValidator.validate(xml);
  if (valid !== true)
    throw invalid(name, `it is cut short or damaged: line ${valid.err.line}: ${valid.err.msg}`);
}

function invalid(
  name: string,
  why: string,
  advice = 'Fetch the file again from the archive.',
): NoduleLabError {
  return new NoduleLabError('invalid-input', `${name} is no LIDC annotation file: ${why}. ${advice}`, {
    name,
  });
}
