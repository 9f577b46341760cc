/**
 * HTTP to Orthanc with one place for time-outs and for what its answers mean. Orthanc's errors are JSON without a
 * content type, and some bodies are empty: everything is parsed defensively.
 */
import type { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import { basicAuthorization, type ArchiveAddress } from './archiveUrl.ts';
import type { Exchange, ExchangeAnswer } from './exchange.ts';

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: Uint8Array | string;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Transport {
  /** Any status but 401/403 is an answer; no answer at all is an 'upstream' error. */
  send(path: string, options?: RequestOptions): Promise<ExchangeAnswer>;
  /** A 2xx answer as JSON of this shape; anything else is an 'upstream' error. */
  json<T>(path: string, schema: z.ZodType<T>, options?: RequestOptions): Promise<T>;
}

function bodyText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** What Orthanc says went wrong, in one line. */
export function orthancMessage(bytes: Uint8Array): string {
  const text = bodyText(bytes).trim();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) {
      const { Details, Message } = parsed as { Details?: unknown; Message?: unknown };
      if (typeof Details === 'string' && Details !== '') return Details;
      if (typeof Message === 'string') return Message;
    }
  } catch {
    // Not JSON: the text itself is the message.
  }
  return text.slice(0, 200);
}

/** The innermost message of a failed fetch: "fetch failed" itself says nothing. */
function reasonOf(cause: unknown): string {
  const { name, message, code, cause: inner } = (cause ?? {}) as Partial<Record<string, unknown>>;
  if (name === 'TimeoutError') return 'no answer in time';
  if (inner !== undefined) return reasonOf(inner);
  return String(message || code || cause);
}

function unreachable(baseUrl: string, cause: unknown): NoduleLabError {
  const why = reasonOf(cause);
  return new NoduleLabError(
    'upstream',
    `Orthanc does not answer at ${baseUrl}: ${why}. Start it, or check its address, then try again.`,
    { url: baseUrl },
    cause,
  );
}

export function createTransport(address: ArchiveAddress, exchange: Exchange, timeoutMs: number): Transport {
  const { baseUrl, auth } = address;
  const send = async (path: string, options: RequestOptions = {}): Promise<ExchangeAnswer> => {
    // Asked for gzip, as fetch does by itself, Orthanc takes 20 times as long to give a slice.
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (auth !== undefined) headers['authorization'] = basicAuthorization(auth);
    if (options.contentType !== undefined) headers['content-type'] = options.contentType;
    const timeout = AbortSignal.timeout(timeoutMs);
    let answer: ExchangeAnswer;
    try {
      answer = await exchange(`${baseUrl}${path}`, {
        method: options.method ?? 'GET',
        headers,
        signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
        ...(options.body === undefined ? {} : { body: options.body }),
      });
    } catch (cause) {
      if (options.signal?.aborted === true)
        throw new NoduleLabError('cancelled', 'The transfer was cancelled.', {}, cause);
      throw unreachable(baseUrl, timeout.aborted ? timeout.reason : cause);
    }
    if (answer.status === 401 || answer.status === 403)
      throw new NoduleLabError(
        'upstream',
        `Orthanc at ${baseUrl} refuses these credentials (${answer.status}). Give them in its address: http://user:password@host:port.`,
        { url: baseUrl, status: answer.status },
      );
    return answer;
  };
  return {
    send,
    async json(path, schema, options) {
      const { status, bytes } = await send(path, options);
      if (status < 200 || status > 299)
        throw new NoduleLabError(
          'upstream',
          `Orthanc at ${baseUrl} answers ${status} to ${options?.method ?? 'GET'} ${path}: ${orthancMessage(bytes)}`,
          { url: baseUrl, status },
        );
      let parsed: unknown;
      try {
        parsed = JSON.parse(bodyText(bytes));
      } catch (cause) {
        throw new NoduleLabError(
          'upstream',
          `${baseUrl}${path} does not answer in JSON, so it is no Orthanc. Check the address.`,
          { url: baseUrl },
          cause,
        );
      }
      const checked = schema.safeParse(parsed);
      if (checked.success) return checked.data;
      throw new NoduleLabError(
        'upstream',
        `${baseUrl}${path} answers with something that Orthanc does not say (${checked.error.issues[0]?.message ?? 'unknown shape'}). Check the address.`,
        { url: baseUrl },
      );
    },
  };
}
