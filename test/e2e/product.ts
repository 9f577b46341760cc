/** The whole product as a user starts it: `nodulelab serve` on a fresh data folder, with an Orthanc of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  Job,
  JobList,
  type Model,
  ModelList,
  NoduleList,
  Place,
  SeriesProvenance,
  Welcome,
} from '@nodulelab/contract';
import { z } from 'zod';

const Ready = z.object({ url: z.string(), open: z.string(), orthanc: z.string() });
const PROGRAM = join(import.meta.dirname, '../../server/bin/nodulelab.ts');
const READY_MS = 240_000;

/** How a product is started. */
interface Start {
  readonly dir: string;
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface Running {
  readonly ready: z.infer<typeof Ready>;
  readonly child: ChildProcess;
}

async function launch({ dir, options, environment }: Start, port: string): Promise<Running> {
  const child = spawn(
    process.execPath,
    [PROGRAM, '--json', '--data', dir, 'serve', '--port', port, ...options],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
  );
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  try {
    const line = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('not ready in time')), READY_MS);
      const settle = (): void => clearTimeout(timer);
      createInterface({ input: child.stdout }).once('line', (text) => {
        settle();
        resolve(text);
      });
      child.once('exit', (code) => {
        settle();
        reject(new Error(`ended with ${code}`));
      });
    });
    return { ready: Ready.parse(JSON.parse(line)), child };
  } catch (error) {
    child.kill('SIGTERM');
    throw new Error(`nodulelab serve: ${String(error)}\n${said.join('').slice(-4000)}`, { cause: error });
  }
}

export class Product {
  readonly url: string;
  /** The address that a user is told to open. */
  readonly open: string;
  readonly #start: Start;
  #process: ChildProcess;

  private constructor(start: Start, { ready, child }: Running) {
    this.url = ready.url;
    this.open = ready.open;
    this.#start = start;
    this.#process = child;
  }

  /** Where it keeps its data. */
  get dataDir(): string {
    return this.#start.dir;
  }

  static start(...options: readonly string[]): Promise<Product> {
    return Product.startWith({}, ...options);
  }

  static async startWith(environment: Start['environment'], ...options: readonly string[]): Promise<Product> {
    const dir = await mkdtemp(join(tmpdir(), 'nodulelab-e2e-'));
    const start = { dir, options, environment };
    try {
      return new Product(start, await launch(start, '0'));
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts a stopped server again, on the same data and at the same address. */
  async restart(): Promise<void> {
    this.#process = (await launch(this.#start, new URL(this.url).port)).child;
  }

  /** Ends the server as Ctrl-C does, and waits for it. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGINT');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#start.dir, { recursive: true, force: true });
  }

  async #ask<T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return schema.parse(JSON.parse(text));
  }

  welcome(): Promise<Welcome> {
    return this.#ask(Welcome, '/api/welcome');
  }

  async models(): Promise<readonly Model[]> {
    return (await this.#ask(ModelList, '/api/models')).models;
  }

  nodules(seriesInstanceUID: string): Promise<NoduleList> {
    return this.#ask(NoduleList, `/api/series/${seriesInstanceUID}/nodules`);
  }

  provenance(seriesInstanceUID: string): Promise<SeriesProvenance> {
    return this.#ask(SeriesProvenance, `/api/series/${seriesInstanceUID}/provenance`);
  }

  /** A place in the lung that the server would take. */
  async place(
    seriesInstanceUID: string,
    diameterMm: number,
    seed: number,
    setting?: Place['setting'],
  ): Promise<Place['centre']> {
    const asked = { seriesInstanceUID, diameterMm, seed, ...(setting === undefined ? {} : { setting }) };
    return (await this.#ask(Place, '/api/places', asked)).centre;
  }

  async jobs(): Promise<readonly Job[]> {
    return (await this.#ask(JobList, '/api/jobs')).jobs;
  }

  async import(path: string): Promise<void> {
    let job = await this.#ask(Job, '/api/imports', { paths: [path] });
    while (job.state === 'queued' || job.state === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 300));
      job = await this.#ask(Job, `/api/jobs/${job.id}`);
    }
    if (job.state !== 'done') throw new Error(`import ended ${job.state}: ${JSON.stringify(job)}`);
  }

  /** Series of a study as the archive tells them: UID and number of instances. */
  async archived(studyInstanceUID: string): Promise<{ uid: string; modality: string; instances: number }[]> {
    const value = z.object({ Value: z.array(z.union([z.string(), z.number()])) });
    const Series = z.array(z.object({ '0020000E': value, '00080060': value, '00201209': value }));
    const series = await this.#ask(
      Series,
      `/dicom-web/studies/${studyInstanceUID}/series?includefield=00201209`,
    );
    return series.map((one) => ({
      uid: String(one['0020000E'].Value[0]),
      modality: String(one['00080060'].Value[0]),
      instances: Number(one['00201209'].Value[0]),
    }));
  }
}
