/** `nodulelab serve` as a process of its own, beside an Orthanc that outlives it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const PROGRAM = fileURLToPath(new URL('../../server/bin/nodulelab.ts', import.meta.url));
const Ready = z.object({ url: z.url() });

export interface ServeProcess {
  readonly url: string;
  /** Ends it at once, or as Ctrl-C does, and waits until it is gone. */
  end(signal: 'SIGKILL' | 'SIGINT'): Promise<void>;
  /** A JSON answer; a status of 4xx or 5xx is an error. */
  ask<T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T>;
}

export async function startServe(dataDir: string, orthancUrl: string): Promise<ServeProcess> {
  const child = spawn(
    process.execPath,
    [PROGRAM, '--json', '--data', dataDir, '--orthanc', orthancUrl, 'serve', '--port', '0', '--no-demo'],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const { url } = Ready.parse(JSON.parse(await firstLine(child)));
  return {
    url,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
    async ask(schema, path, body) {
      const response = await fetch(`${url}${path}`, {
        ...(body === undefined
          ? {}
          : {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(body),
            }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      return schema.parse(JSON.parse(text));
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  return new Promise((resolve, reject) => {
    if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`nodulelab serve ended with ${code}: ${said.join('')}`)));
  });
}
