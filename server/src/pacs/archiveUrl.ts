/** The address of an archive: credentials may stand in the URL, but never in a message, a log or a request line. */
import { NoduleLabError } from '../volume/errors.ts';

export interface ArchiveAuth {
  readonly user: string;
  readonly password: string;
}

export interface ArchiveAddress {
  /** Without credentials and without a slash at the end: may be shown. */
  readonly baseUrl: string;
  readonly auth?: ArchiveAuth;
}

/** Splits http://user:password@host:port/root. Throws 'invalid-input' where it is not an http(s) URL. */
export function splitArchiveUrl(url: string): ArchiveAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new NoduleLabError(
      'invalid-input',
      'The address of Orthanc must be an http or https URL, for instance http://127.0.0.1:8042.',
    );
  const baseUrl = `${parsed.protocol}//${parsed.host}${parsed.pathname.replace(/\/+$/, '')}`;
  if (parsed.username === '') return { baseUrl };
  return {
    baseUrl,
    auth: { user: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) },
  };
}

/** Value of the Authorization header (RFC 7617). */
export function basicAuthorization(auth: ArchiveAuth): string {
  return `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
}
