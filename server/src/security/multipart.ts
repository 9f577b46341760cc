/** The parts of a multipart/related body, as STOW-RS sends DICOM objects (PS3.18 section 8.6.1.2, RFC 2387). */
export interface BodyPart {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

function boundaryOf(contentType: string): string | undefined {
  // Of two boundaries another reader might take the other one, and see other parts than were judged here.
  if (!/^multipart\/related\b/i.test(contentType) || contentType.match(/boundary/gi)?.length !== 1)
    return undefined;
  const match = /;\s*boundary=(?:"([^"\\]+)"|([^\s;"]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/**
 * Undefined where the body is not plain multipart/related: text before the first part or after the last one, which
 * the format allows, is refused too, because readers differ in what they make of it.
 */
export function parseMultipart(contentType: string, body: Uint8Array): BodyPart[] | undefined {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  const data = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: BodyPart[] = [];
  if (data.indexOf(delimiter.subarray(2)) !== 0) return undefined;
  let at = delimiter.length - 2;
  for (;;) {
    if (data.toString('latin1', at, at + 2) === '--')
      return /^(\r\n)?$/.test(data.toString('latin1', at + 2, at + 6)) ? parts : undefined;
    const next = data.indexOf(delimiter, at);
    const headerEnd = data.indexOf('\r\n\r\n', at);
    if (next < 0 || headerEnd < 0 || headerEnd > next) return undefined;
    const headers = data.toString('latin1', at, headerEnd);
    parts.push({
      contentType: /^content-type:\s*([^\r\n]*)$/im.exec(headers)?.[1]?.trim() ?? '',
      bytes: data.subarray(headerEnd + 4, Math.max(headerEnd + 4, next)),
    });
    at = next + delimiter.length;
  }
}
