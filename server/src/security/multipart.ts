/** The parts of a multipart/related body, as STOW-RS sends DICOM objects (PS3.18 section 8.6.1.2, RFC 2387). */
export interface BodyPart {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/related\b/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** Undefined where the body is not well-formed multipart/related. */
export function parseMultipart(contentType: string, body: Uint8Array): BodyPart[] | undefined {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  const data = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: BodyPart[] = [];
  let at = data.indexOf(delimiter);
  if (at < 0) return undefined;
  for (;;) {
    at += delimiter.length;
    if (data.toString('latin1', at, at + 2) === '--') return parts;
    const next = data.indexOf(Buffer.from(`\r\n--${boundary}`), at);
    const headerEnd = data.indexOf('\r\n\r\n', at);
    if (next < 0 || headerEnd < 0 || headerEnd > next) return undefined;
    const headers = data.toString('latin1', at, headerEnd);
    parts.push({
      contentType: /^content-type:\s*([^\r\n]*)$/im.exec(headers)?.[1]?.trim() ?? '',
      bytes: data.subarray(headerEnd + 4, Math.max(headerEnd + 4, next)),
    });
    at = next + 2;
  }
}
