/** A real Orthanc on a folder of its own, for one test file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findOrthanc,
  startOrthanc,
  type RunningOrthanc,
  type StartOrthancOptions,
} from '../../orthanc/index.ts';

export interface TestOrthanc extends RunningOrthanc {
  readonly dir: string;
  /** fetch with the credentials of this Orthanc; the path begins with a slash. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** Its address with its credentials in it. */
export function addressOf({ baseUrl, auth }: RunningOrthanc): string {
  const url = new URL(baseUrl);
  url.username = auth.username;
  url.password = auth.password;
  return url.href;
}

/** Why tests that need Orthanc cannot run here; undefined where they can. */
export function orthancMissing(): string | undefined {
  const search = findOrthanc();
  return search.found ? undefined : search.message;
}

/** Starts Orthanc on a new temporary folder; `stop` ends it and removes the folder. */
export async function startTestOrthanc(
  options: Pick<StartOrthancOptions, 'transcodes'> = {},
): Promise<TestOrthanc> {
  const dir = await mkdtemp(join(tmpdir(), 'nodulelab-orthanc-'));
  const orthanc = await startOrthanc({ dir, ...options });
  return {
    ...orthanc,
    dir,
    request(path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set('authorization', orthanc.authorization);
      return fetch(`${orthanc.baseUrl}${path}`, { ...init, headers });
    },
    async stop() {
      await orthanc.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
