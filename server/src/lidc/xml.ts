/**
 * Reads one LIDC-IDRI annotation file: four (or fewer, or more) blinded-then-unblinded reading sessions of one CT
 * series. Coordinates stay in the file's own terms (pixel columns and rows, z in mm), because the file knows neither
 * pixel spacing nor origin. Form: S. Armato III et al., Med Phys 38(2):915, 2011, and the LIDC XML documentation.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';

/** The nine characteristics in the order of the LIDC form. */
export const CHARACTERISTICS = [
  'subtlety',
  'internalStructure',
  'calcification',
  'sphericity',
  'margin',
  'lobulation',
  'spiculation',
  'texture',
  'malignancy',
] as const;
export type Characteristic = (typeof CHARACTERISTICS)[number];
/** Ratings 1–5 (internalStructure 1–4, calcification 1–6); medians of them may lie between. */
export type Characteristics = Readonly<Record<Characteristic, number>>;

/** One outline in one slice. The points are the first pixels outside the lesion. */
export interface LidcContour {
  readonly sopInstanceUID: string;
  /** Patient z of the slice, mm; undefined where the file leaves it out. */
  readonly z: number | undefined;
  /** False for a hole: its inside does not belong to the lesion. */
  readonly inclusion: boolean;
  /** Pixel (column, row), counted from 0. */
  readonly points: readonly (readonly [number, number])[];
}

/** A lesion of at least 3 mm as one reader marked it: outlines, and ratings (null in the two files that lack them). */
export interface LidcMark {
  /** Index of the reading session in the file; readers are anonymous and differ from scan to scan. */
  readonly reader: number;
  readonly markId: string;
  readonly characteristics: Characteristics | null;
  readonly contours: readonly LidcContour[];
}

/** A nodule under 3 mm (one point, no ratings) or a lesion that is no nodule. */
export interface LidcPoint {
  readonly reader: number;
  readonly markId: string;
  readonly sopInstanceUID: string;
  readonly z: number | undefined;
  readonly point: readonly [number, number];
}

export interface LidcAnnotations {
  readonly kind: 'ct';
  readonly name: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  /** Number of reading sessions. */
  readonly readers: number;
  readonly marks: readonly LidcMark[];
  readonly smallNodules: readonly LidcPoint[];
  readonly nonNodules: readonly LidcPoint[];
  /** What of the file could not be used and was left out; the rest was read. */
  readonly problems: readonly LidcProblem[];
}

export interface LidcProblem {
  /** Reading session and mark, for example `reader 2, nodule 5, slice 1.2.3`. */
  readonly where: string;
  /** What is wrong, and what became of it. */
  readonly message: string;
}

/** Annotations of a chest X-ray: no CT series, so nothing to place. */
export interface LidcChestXray {
  readonly kind: 'chest-xray';
  readonly name: string;
}

const text = z.coerce.string();
const uid = text.regex(/^[0-9]+(\.[0-9]+)+$/, 'not a UID');
const pixel = z.coerce.number().finite();
const pointSchema = z.object({ xCoord: pixel, yCoord: pixel });
/** One outline point, kept as text by the parser: there are 1.8 million of them, and this is three times as fast. */
const edgeMapSchema = z.string().transform((element, context) => {
  const found = /^\s*<xCoord>\s*([\d.]+)\s*<\/xCoord>\s*<yCoord>\s*([\d.]+)\s*<\/yCoord>\s*$/.exec(element);
  if (found === null) {
    context.addIssue({
      code: 'custom',
      message: `<edgeMap> holds "${element.slice(0, 60)}", not xCoord and yCoord`,
    });
    return z.NEVER;
  }
  return [Number(found[1]), Number(found[2])] as const;
});
const zPosition = z.coerce.number().finite().optional();
const upTo = (highest: number) => z.coerce.number().int().min(1).max(highest);
const characteristicsSchema = z.object({
  subtlety: upTo(5),
  internalStructure: upTo(4),
  calcification: upTo(6),
  sphericity: upTo(5),
  margin: upTo(5),
  lobulation: upTo(5),
  spiculation: upTo(5),
  texture: upTo(5),
  malignancy: upTo(5),
});
const roiSchema = z.object({
  imageZposition: zPosition,
  imageSOP_UID: uid,
  inclusion: z.string().transform((value) => value.trim().toUpperCase() !== 'FALSE'),
  edgeMap: z.array(edgeMapSchema).min(1),
});
const noduleSchema = z.object({
  noduleID: text,
  characteristics: z.unknown().optional(),
  roi: z.array(roiSchema).default([]),
});
const nonNoduleSchema = z.object({
  nonNoduleID: text,
  imageZposition: zPosition,
  imageSOP_UID: uid,
  locus: pointSchema,
});
const messageSchema = z.object({
  ResponseHeader: z.object({ SeriesInstanceUid: uid, StudyInstanceUID: uid }),
  readingSession: z.array(
    // A session in which nothing was marked may be an empty element.
    z.preprocess(
      (session) => (session === '' ? {} : session),
      z.object({
        unblindedReadNodule: z.array(noduleSchema).default([]),
        nonNodule: z.array(nonNoduleSchema).default([]),
      }),
    ),
  ),
});

const LISTS = new Set(['readingSession', 'unblindedReadNodule', 'nonNodule', 'roi', 'edgeMap']);
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  stopNodes: ['*.edgeMap'],
  isArray: (name) => LISTS.has(name),
});

/**
 * @param xml the file's text
 * @param name file name for messages
 * @throws NoduleLabError `invalid-input` where the text is cut short, is no XML, or is XML of another kind
 */
export function parseLidcXml(xml: string, name: string): LidcAnnotations | LidcChestXray {
  requireWellFormed(xml, name);
  const root = /<(?![?!])([^\s/>]+)/.exec(xml)?.[1];
  if (root === 'IdriReadMessage') return { kind: 'chest-xray', name };
  if (root !== 'LidcReadMessage')
    throw invalid(
      name,
      `its outermost element is <${root ?? '?'}>, not <LidcReadMessage>`,
      'Give the XML file that the archive delivers beside the CT series.',
    );
  const message = z.object({ LidcReadMessage: z.unknown() }).parse(parser.parse(xml)).LidcReadMessage;
  const parsed = messageSchema.safeParse(
    typeof message === 'object' && message !== null ? { readingSession: [], ...message } : message,
  );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(name, `${issue?.path.join('.') || 'LidcReadMessage'}: ${issue?.message ?? 'invalid'}`);
  }
  return annotationsOf(parsed.data, name);
}

function annotationsOf(message: z.infer<typeof messageSchema>, name: string): LidcAnnotations {
  const marks: LidcMark[] = [];
  const smallNodules: LidcPoint[] = [];
  const nonNodules: LidcPoint[] = [];
  message.readingSession.forEach((session, reader) => {
    for (const { noduleID, characteristics, roi } of session.unblindedReadNodule) {
      const rated = characteristicsSchema.safeParse(characteristics);
      const [first] = roi;
      const [point] = first?.edgeMap ?? [];
      if (first === undefined || point === undefined) continue;
      const contours = roi.map(contourOf);
      if (contours.some(({ points }) => points.length > 1))
        marks.push({
          reader,
          markId: noduleID,
          characteristics: rated.success ? rated.data : null,
          contours,
        });
      else
        smallNodules.push({
          reader,
          markId: noduleID,
          sopInstanceUID: first.imageSOP_UID,
          z: first.imageZposition,
          point,
        });
    }
    for (const { nonNoduleID, imageSOP_UID, imageZposition, locus } of session.nonNodule)
      nonNodules.push({
        reader,
        markId: nonNoduleID,
        sopInstanceUID: imageSOP_UID,
        z: imageZposition,
        point: [locus.xCoord, locus.yCoord],
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
    problems: [],
  };
}

function contourOf({
  imageSOP_UID,
  imageZposition,
  inclusion,
  edgeMap,
}: z.infer<typeof roiSchema>): LidcContour {
  return {
    sopInstanceUID: imageSOP_UID,
    z: imageZposition,
    inclusion,
    points: edgeMap,
  };
}

function requireWellFormed(xml: string, name: string): void {
  if (!xml.trimStart().startsWith('<')) throw invalid(name, 'it is not XML');
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
