/** The use cases of the training panel: look at trainings live, begin, stop and resume them, make models of them. */
import {
  type ExportTraining,
  type Job,
  type ResumeTraining,
  type ServerEvent,
  type StartTraining,
  TrainingProgress,
} from '@nodulelab/contract';
import type { z } from 'zod';
import type { ApiClient } from '../api/client.ts';
import { ApiError, messageOf } from '../api/problem.ts';
import { createStore, type Store } from '../state/store.ts';
import { emptyTrainingSession, isUnderWay, type TrainingSession, withPoint } from '../state/training.ts';

export class Trainings {
  readonly store: Store<TrainingSession> = createStore<TrainingSession>(emptyTrainingSession);
  readonly #api: ApiClient;
  readonly #onModel: (preferred: string | null) => void;
  /** Somebody has looked at the panel: until then nothing is asked for. */
  #opened = false;
  #reading: Promise<void> | null = null;
  #readAgain = false;

  /** @param onModel told when a model was made, and its name where it is preferred from now on */
  constructor(api: ApiClient, onModel: (preferred: string | null) => void) {
    this.#api = api;
    this.#onModel = onModel;
  }

  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    void this.reload();
  }

  /** Reads everything that is shown anew; what is asked for while it reads is read once more after that. */
  reload(): Promise<void> {
    if (!this.#opened) return Promise.resolve();
    if (this.#reading) this.#readAgain = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      if (!this.#readAgain) return;
      this.#readAgain = false;
      void this.reload();
    });
    return this.#reading;
  }

  select(name: string): void {
    if (name === this.store.get().selected) return;
    this.store.set({
      selected: name,
      training: null,
      progress: null,
      picture: null,
      stopping: false,
      made: null,
    });
    void this.reload();
  }

  /** @param picture stem of a checkpoint, `real`, or null for the newest */
  look(picture: string | null): void {
    this.store.set({ picture });
  }

  show(form: TrainingSession['form']): void {
    this.store.set({ form, error: null, made: null });
  }

  dismissError(): void {
    this.store.set({ error: null });
  }

  async start(request: z.input<typeof StartTraining>): Promise<void> {
    await this.#ask(async () => {
      const job = await this.#api.call('startTraining', { body: request });
      this.store.set({ form: 'none' });
      await this.#showJob(job);
    });
  }

  async stop(): Promise<void> {
    const { training } = this.store.get();
    if (!training?.jobId) return;
    const id = training.jobId;
    await this.#ask(async () => {
      this.store.set({ stopping: true });
      await this.#api.call('cancel', { params: { id } });
    });
  }

  resume(): Promise<void> {
    return this.#resume({});
  }

  /** Goes on beyond the limit that it reached. @param minutes more; 0 for no limit but the preset's */
  async goOn(minutes: number): Promise<void> {
    const { training } = this.store.get();
    if (!training) return;
    const limits = minutes > 0 ? { maxMinutes: training.seconds / 60 + minutes } : {};
    await this.#resume({ limits });
    if (this.store.get().error === null) this.store.set({ form: 'none' });
  }

  async #resume(body: ResumeTraining): Promise<void> {
    const { training } = this.store.get();
    if (!training) return;
    await this.#ask(async () => {
      await this.#showJob(await this.#api.call('resumeTraining', { params: { name: training.name }, body }));
    });
  }

  async makeModel(wanted: z.input<typeof ExportTraining>): Promise<void> {
    const { training } = this.store.get();
    if (!training) return;
    await this.#ask(async () => {
      await this.#api.call('exportTraining', { params: { name: training.name }, body: wanted });
      this.#onModel(wanted.current ? wanted.model : null);
      this.store.set({
        form: 'none',
        made: wanted.current
          ? `The model ${wanted.model} is now the current one, for everybody on this server.`
          : `The model ${wanted.model} can now make candidates.`,
      });
    });
  }

  onEvent(event: ServerEvent): void {
    if (event.type !== 'job' || event.job.kind !== 'train' || !this.#opened) return;
    const { job } = event;
    const detail = job.state === 'running' ? TrainingProgress.safeParse(job.detail) : undefined;
    if (!detail?.success) {
      void this.reload();
      return;
    }
    this.#progressed(detail.data, job.id);
  }

  #progressed(progress: TrainingProgress, jobId: string): void {
    const { overview, training, selected, progress: before } = this.store.get();
    const known = overview?.trainings.find(({ name }) => name === progress.training);
    if (known?.state !== 'running' || known.jobId !== jobId) {
      void this.reload();
      return;
    }
    const update = progress.point?.update ?? known.update;
    if (overview && update !== known.update)
      this.store.set({
        overview: {
          ...overview,
          trainings: overview.trainings.map((one) => (one === known ? { ...one, update } : one)),
        },
      });
    if (progress.training !== selected || !training) return;
    this.store.set({ progress, training: withPoint(training, progress.point) });
    // A new checkpoint has a picture, and perhaps a warning came with it; with the first update comes what computes it.
    const checkpointed = before !== null && progress.checkpoints !== before.checkpoints;
    if (checkpointed || (training.engine === null && progress.point !== null)) void this.reload();
  }

  /** Selects the training that a job does. */
  async #showJob({ id }: Job): Promise<void> {
    await this.reload();
    // What was being read may be older than the job.
    if (!this.#of(id)) await this.reload();
    const mine = this.#of(id);
    if (mine) this.select(mine);
  }

  #of(jobId: string): string | undefined {
    return this.store.get().overview?.trainings.find((one) => one.jobId === jobId)?.name;
  }

  async #read(): Promise<void> {
    try {
      const overview = await this.#api.call('trainings', {});
      const { selected } = this.store.get();
      const name = selected ?? (overview.trainings.find(isUnderWay) ?? overview.trainings[0])?.name ?? null;
      this.store.set({ overview, selected: name });
      if (name === null) return;
      const training = await this.#api.call('training', { params: { name } });
      if (this.store.get().selected !== name) return;
      this.store.set({
        training,
        ...(isUnderWay(training) ? {} : { stopping: false, progress: null }),
      });
    } catch (error) {
      this.#report(error);
    }
  }

  async #ask(work: () => Promise<void>): Promise<void> {
    this.store.set({ busy: true, error: null, made: null });
    try {
      await work();
    } catch (error) {
      this.store.set({ stopping: false });
      this.#report(error);
    } finally {
      this.store.set({ busy: false });
    }
  }

  /** A server that is gone has a banner of its own. */
  #report(error: unknown): void {
    if (!(error instanceof ApiError && error.unreachable)) this.store.set({ error: messageOf(error) });
  }
}
