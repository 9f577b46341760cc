/**
 * Keeps what a run leaves behind besides its checkpoints: `curve.csv`, `run.json`, a picture of samples for each
 * checkpoint and `report.html`. None of it is needed to go on; each file is whole at any moment.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NoduleLabError } from '../../volume/errors.ts';
import { writeAtomically } from '../../nn/artefactFile.ts';
import { checkpointStem, listCheckpoints, stemOf } from '../../nn/checkpoint.ts';
import type { Counters } from '../../nn/trainingState.ts';
import type { EndReason } from '../../nn/trainingLoop.ts';
import type { Warning } from '../health.ts';
import type { Pictures } from '../watch.ts';
import { appendToCurve, columnsOf, cutCurve, readCurve, type CurvePoint } from './curveFile.ts';
import { reportPage } from './page.ts';
import { readPictures } from './pictures.ts';
import { readRun, writeRun, type Run } from './runFile.ts';
import { REAL_FILE, samplesFileOf, sweepGrids, writeGrid } from './sampleGrid.ts';

export const REPORT_FILE = 'report.html';

/** What a run is about, before it has begun. */
export type RunFacts = Pick<Run, 'preset' | 'seed' | 'ancestors' | 'dataset' | 'engine' | 'codeVersion'>;

/** Warnings kept, newest last. */
const KEPT_WARNINGS = 100;

export class Recorder {
  readonly #folder: string;
  readonly #facts: RunFacts;
  readonly #now: () => Date;
  #run: Run | undefined;
  #realResolution: number | undefined;

  /** @param now time of day */
  constructor(folder: string, facts: RunFacts, now: () => Date) {
    this.#folder = folder;
    this.#facts = facts;
    this.#now = now;
  }

  /** A stage begins. The first one begins the run, or takes up the one that the folder holds. */
  async stage(counters: Counters, resumedFrom: string | undefined): Promise<void> {
    if (this.#run === undefined) await this.#begin(counters, resumedFrom);
  }

  /** What the folder says beyond these counters was lost with the process that said it, and is dropped. */
  async #begin({ update, seconds }: Counters, resumedFrom: string | undefined): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const at = this.#now().toISOString();
    const old = resumedFrom === undefined ? null : await readRun(this.#folder);
    this.#run = {
      ...{ format: 1, ...this.#facts, state: 'running', pid: process.pid, error: null },
      ...{ started: old?.started ?? at, updated: at, update, seconds, lastGood: old?.lastGood ?? null },
      augmentation: old?.augmentation ?? null,
      resumed: resumedFrom === undefined ? [] : [...(old?.resumed ?? []), { at, update }],
      warnings: (old?.warnings ?? []).filter((warning) => warning.update <= update),
    };
    await cutCurve(this.#folder, update, columnsOf(this.#facts.preset));
    await this.#sweep();
    await this.#write();
  }

  progress(point: CurvePoint, { update, seconds }: Counters): Promise<void> {
    const { augmentation: probability, overfitting } = point;
    const augmentation =
      probability === undefined || overfitting === undefined ? null : { probability, overfitting };
    if (this.#run !== undefined) this.#run = { ...this.#run, update, seconds, augmentation };
    return appendToCurve(this.#folder, point);
  }

  warn(update: number, { code, message }: Warning): void {
    if (this.#run === undefined) return;
    const warnings = [...this.#run.warnings, { update, code, message }].slice(-KEPT_WARNINGS);
    this.#run = { ...this.#run, warnings };
  }

  /** Draws the samples of a state that is about to be kept: a checkpoint never stands without its picture. */
  async draw({ counters, resolution, real, samples }: Pictures): Promise<void> {
    if (this.#realResolution !== resolution) await writeGrid(this.#folder, REAL_FILE, real, resolution);
    this.#realResolution = resolution;
    const file = samplesFileOf(checkpointStem(counters.update, counters.step));
    await writeGrid(this.#folder, file, samples, resolution);
  }

  async checkpoint(counters: Counters, lastGood: string | null): Promise<void> {
    await this.#sweep();
    await this.#update({ update: counters.update, seconds: counters.seconds, lastGood });
  }

  async finished({ update, seconds }: Counters, reason: EndReason): Promise<void> {
    await this.#update({ update, seconds, state: reason });
  }

  /** Notes why the run ended. Where even that cannot be written, the error itself is what counts. */
  async failed(error: unknown): Promise<void> {
    if (this.#run === undefined) return;
    const { kind, message } =
      error instanceof NoduleLabError
        ? error
        : { kind: 'internal', message: error instanceof Error ? error.message : String(error) };
    await this.#update({ state: 'failed', error: { kind, message } }).catch(() => undefined);
  }

  async #update(changes: Partial<Run>): Promise<void> {
    if (this.#run === undefined) return;
    this.#run = { ...this.#run, ...changes, updated: this.#now().toISOString() };
    await this.#write();
  }

  async #write(): Promise<void> {
    const run = this.#run!;
    await writeRun(this.#folder, run);
    const page = reportPage(run, await readCurve(this.#folder), await readPictures(this.#folder));
    await writeAtomically(join(this.#folder, REPORT_FILE), [new TextEncoder().encode(page)]);
  }

  async #sweep(): Promise<void> {
    await sweepGrids(this.#folder, (await listCheckpoints(this.#folder)).map(stemOf));
  }
}
