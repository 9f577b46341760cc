/**
 * The guard of originals: decides which requests of a browser may reach the archive. Reading by DICOMweb is allowed;
 * so is storing what a viewer makes (segmentations, reports, presentation states) as new objects in series that are
 * new or NoduleLab's own. Every other request is refused: the rule lists what is allowed, so that a route nobody
 * thought of is refused as well.
 */
import { readDicomHeader, type DicomHeader } from '../dicom/header.ts';
import { dataSetElements, openPart10 } from '../dicom/part10.ts';
import { parseMultipart } from './multipart.ts';

export interface ArchiveRequest {
  readonly method: string;
  /** As the archive would see it, with or without the query. */
  readonly path: string;
  /** Lower-case names; needed to allow storing, and to see requests that claim to be another method. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The complete body; without it nothing is stored. */
  readonly body?: Uint8Array;
}

/** What is known about the archive. A question that cannot be asked counts as the answer that refuses. */
export interface ArchiveKnowledge {
  /** True where NoduleLab made this series. */
  isOurs(seriesInstanceUID: string): Promise<boolean>;
  hasSeries?(seriesInstanceUID: string): Promise<boolean>;
  /** True where the archive has this SOP instance. */
  hasInstance?(sopInstanceUID: string): Promise<boolean>;
}

export type ArchiveDecision =
  { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

const UID = '[0-9.]{1,64}';
const INSTANCE = `/studies/${UID}/series/${UID}/instances/${UID}`;
/** Resources of QIDO-RS and WADO-RS (PS3.18 sections 10.4 and 10.6). */
const READABLE = [
  '/(studies|series|instances)',
  `/studies/${UID}(/(metadata|rendered|thumbnail|series|instances))?`,
  `/studies/${UID}/series/${UID}(/(metadata|rendered|thumbnail|instances))?`,
  `/studies/${UID}/instances/${UID}(/(metadata|rendered|thumbnail))?`,
  `${INSTANCE}(/(metadata|rendered|thumbnail|bulkdata))?`,
  `${INSTANCE}/frames/[0-9]+(,[0-9]+)*(/(rendered|thumbnail))?`,
  // Orthanc's bulk data: tags and item numbers, for instance bulk/00420011 or bulk/54000100/1/54001010.
  `${INSTANCE}/bulk(/[0-9a-fA-F]+)+`,
].map((pattern) => new RegExp(`^/dicom-web${pattern}/?$`));
const STORABLE = new RegExp(`^/dicom-web/studies(/${UID})?/?$`);

/** SOP classes that a viewer makes from images: presentation states, parametric maps, SEG, SR, RT structure sets. */
const VIEWER_MADE = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(11\.[0-9.]+|30|66\.4|88\.[0-9.]+|481\.3)$/;

const METHOD_OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override'];

const ALLOWED: ArchiveDecision = { allowed: true };
const refuse = (reason: string): ArchiveDecision => ({ allowed: false, reason });

function disguised(query: string, headers: ArchiveRequest['headers']): boolean {
  // Orthanc obeys both ways of saying that a request is really another method.
  if (METHOD_OVERRIDES.some((name) => headers?.[name] !== undefined)) return true;
  return [...new URLSearchParams(query).keys()].some((key) => key.toLowerCase() === '_method');
}

/** The path with encoded commas resolved; undefined where it holds what could mean another path to the archive. */
function plainPath(path: string): string | undefined {
  const decoded = path.replace(/%2c/gi, ',');
  return /^[\w.,/-]+$/.test(decoded) && !/(^|\/)\.{1,2}(\/|$)|\/\//.test(decoded) ? decoded : undefined;
}

/** An object whose tags do not ascend may carry a second identity, which another reader might take for the first. */
function readIdentity(bytes: Uint8Array, name: string): DicomHeader | undefined {
  const tags = dataSetElements(openPart10(bytes, name)).map(({ tag }) => tag);
  return tags.every((tag, i) => i === 0 || tag > tags[i - 1]!) ? readDicomHeader(bytes, name) : undefined;
}

async function decideObject(header: DicomHeader, knowledge: ArchiveKnowledge): Promise<ArchiveDecision> {
  const { sopClassUID, sopInstanceUID, seriesInstanceUID } = header;
  if (!VIEWER_MADE.test(sopClassUID))
    return refuse(
      `Objects of SOP class ${sopClassUID} are not stored from the viewer: only segmentations, reports, presentation states and the like are.`,
    );
  if ((await knowledge.hasInstance?.(sopInstanceUID)) !== false)
    return refuse(
      `The archive has instance ${sopInstanceUID} already, and nothing in it is replaced. Store the object under a new SOP Instance UID.`,
    );
  if (
    !(await knowledge.isOurs(seriesInstanceUID)) &&
    (await knowledge.hasSeries?.(seriesInstanceUID)) !== false
  )
    return refuse(
      `Series ${seriesInstanceUID} was not made by NoduleLab, and nothing is added to originals. Store the object in a new series.`,
    );
  return ALLOWED;
}

async function decideStore(request: ArchiveRequest, knowledge: ArchiveKnowledge): Promise<ArchiveDecision> {
  const contentType = request.headers?.['content-type'];
  const parts =
    request.body === undefined || typeof contentType !== 'string'
      ? undefined
      : parseMultipart(contentType, request.body);
  if (parts === undefined || parts.length === 0)
    return refuse('Storing needs a multipart/related body of DICOM objects that can be looked at first.');
  for (const [index, part] of parts.entries()) {
    // Orthanc drops parts whose type carries parameters without a word: they would be lost.
    if (part.contentType.toLowerCase() !== 'application/dicom')
      return refuse(
        `Part ${index + 1} has type "${part.contentType}"; only plain application/dicom is stored.`,
      );
    let header: DicomHeader | undefined;
    try {
      header = readIdentity(part.bytes, `part ${index + 1}`);
    } catch (error) {
      return refuse(error instanceof Error ? error.message : `Part ${index + 1} cannot be read.`);
    }
    if (header === undefined) return refuse(`Part ${index + 1} is damaged: its elements are not in order.`);
    const decision = await decideObject(header, knowledge);
    if (!decision.allowed) return decision;
  }
  return ALLOWED;
}

/** Decides on one request; has no effect of its own. */
export async function decideArchiveRequest(
  request: ArchiveRequest,
  knowledge: ArchiveKnowledge,
): Promise<ArchiveDecision> {
  const [rawPath = '', ...rest] = request.path.split('?');
  const path = plainPath(rawPath);
  if (path === undefined || disguised(rest.join('?'), request.headers))
    return refuse('This is not a plain DICOMweb request, so it does not reach the archive.');
  if (!/^\/dicom-web(\/|$)/.test(path))
    return refuse('Only DICOMweb (/dicom-web) of the archive can be reached; its own interface cannot.');
  const method = request.method.toUpperCase();
  if (method === 'GET' || method === 'HEAD')
    return READABLE.some((pattern) => pattern.test(path))
      ? ALLOWED
      : refuse('This path is no resource of DICOMweb, so it does not reach the archive.');
  if (method === 'POST' && STORABLE.test(path)) return decideStore(request, knowledge);
  return refuse(`${method} could change what the archive holds. Originals are read-only.`);
}
