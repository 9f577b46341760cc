/** A client of the NoduleLab server, typed and checked by the route table of the contract. */
import { routes } from '@nodulelab/contract';
import type { z } from 'zod';
import { ApiError, errorOfAnswer, unreachable } from './problem.ts';

type Routes = typeof routes;
export type RouteName = keyof Routes;
type Body<N extends RouteName> = Routes[N] extends { body: infer B extends z.ZodType }
  ? { readonly body: z.input<B> }
  : unknown;
type Params<N extends RouteName> = Routes[N] extends { params: infer P extends z.ZodType }
  ? { readonly params: z.input<P> }
  : unknown;
export type CallOptions<N extends RouteName> = Body<N> & Params<N> & { readonly signal?: AbortSignal };
export type Answer<N extends RouteName> = z.output<Routes[N]['success']['body']>;

export interface ApiClient {
  call<N extends RouteName>(name: N, options: CallOptions<N>): Promise<Answer<N>>;
}

interface LooseOptions {
  readonly body?: unknown;
  readonly params?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The path of a route with its parameters filled in, below `base`. */
export function pathOf(base: string, path: string, params: Readonly<Record<string, string>> = {}): string {
  return `${base}${path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))}`;
}

/**
 * @param fetcher the page's `fetch`, or another with the same behaviour
 * @param base path of the interface on the viewer's origin
 */
export function createApiClient(fetcher: typeof fetch, base = '/api'): ApiClient {
  return {
    async call<N extends RouteName>(name: N, given: CallOptions<N>): Promise<Answer<N>> {
      const route = routes[name];
      const options = given as LooseOptions;
      const init: RequestInit = {
        method: route.method.toUpperCase(),
        headers: { accept: 'application/json' },
      };
      if (options.signal) init.signal = options.signal;
      if (options.body !== undefined) {
        init.headers = { ...init.headers, 'content-type': 'application/json' };
        init.body = JSON.stringify(options.body);
      }
      let response: Response;
      try {
        response = await fetcher(pathOf(base, route.path, options.params), init);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        throw unreachable();
      }
      const body: unknown = response.status === 204 ? null : await response.json().catch(() => undefined);
      if (!response.ok) throw errorOfAnswer(response.status, body);
      const parsed = route.success.body.safeParse(body);
      if (!parsed.success)
        throw new ApiError(
          `The server's answer to "${route.summary}" is not understood: viewer and server may be of different versions. Reload the page.`,
          response.status,
        );
      return parsed.data as Answer<N>;
    },
  };
}
