/** The use cases of the panel. One instance lives as long as the page; `enter` and `leave` bracket the mode. */
import type { Nodule, PointLps, ServerEvent, Welcome } from '@nodulelab/contract';
import { type ApiClient, createApiClient } from '../api/client.ts';
import { type Connection, listenToEvents } from '../api/events.ts';
import { ApiError } from '../api/problem.ts';
import type { ExtensionContext } from '../ohif.ts';
import {
  annotationShown,
  chosenCandidate,
  diameterFor,
  emptySession,
  forgetHost,
  type Host,
  type Session,
  sizeOf,
} from '../state/session.ts';
import { isDrawn } from '../state/annotation.ts';
import { focusOf } from '../state/focus.ts';
import { type WindowName, WINDOWS } from '../state/looks.ts';
import { NO_FILTER, type NoduleFilter, passes } from '../state/noduleFilter.ts';
import { toggled } from '../state/outlines.ts';
import { createStore, type Store } from '../state/store.ts';
import { Viewer } from '../viewer/viewer.ts';
import { drawsVolumes } from '../viewer/webgl.ts';
import { Acceptance } from './acceptance.ts';
import { Annotating } from './annotating.ts';
import { type Desk, report } from './desk.ts';
import { Dragging } from './dragging.ts';
import { Generation } from './generation.ts';
import { GuardMaps } from './guardMaps.ts';
import { Models } from './models.ts';
import { Placement } from './placement.ts';
import { Origins } from './provenance.ts';
import { Previews } from './previews.ts';
import { QuizGame } from './quizGame.ts';
import { Removal } from './removal.ts';
import { sceneOf } from './sceneOf.ts';
import { ServerJobs } from './serverJobs.ts';
import { Tours } from './tour.ts';
import { Trainings } from './trainings.ts';
import { Vitals } from './vitals.ts';

/** Null where the user has switched it off: then even to look at it throws. */
function browserStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

const pageClock = {
  setTimer: (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds),
  clearTimer: (timer: unknown) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

export class NoduleLabService {
  readonly store: Store<Session> = createStore<Session>(emptySession);
  readonly generation: Generation;
  readonly placement: Placement;
  readonly dragging: Dragging;
  readonly previews: Previews;
  readonly removal: Removal;
  readonly guard: GuardMaps;
  readonly acceptance: Acceptance;
  readonly annotating: Annotating;
  readonly trainings: Trainings;
  readonly models: Models;
  readonly quiz: QuizGame;
  readonly serverJobs: ServerJobs;
  readonly origins: Origins;
  readonly tour: Tours;
  readonly #viewer: Viewer;
  readonly #api: ApiClient;
  readonly #desk: Desk;
  readonly #vitals: Vitals;
  #feed: Connection = 'connecting';
  #welcome: Welcome | null = null;
  #welcomed = false;
  #leave: (() => void) | null = null;

  constructor(context: ExtensionContext) {
    this.#api = createApiClient((input, init) => fetch(input, init));
    this.#viewer = new Viewer(context, {
      onHost: (host) => this.#showHost(host),
      onClick: (point) =>
        annotationShown(this.store.get())
          ? this.annotating.clickAt(point)
          : void this.placement.placeAt(point),
      onDrag: (handle, point, plane) => this.annotating.drag(handle, point, plane),
      brush: {
        onPainted: (mask) => this.annotating.painted(mask),
        onTool: (change) => this.annotating.toolChanged(change),
      },
      onHandle: {
        begin: () => this.dragging.begin(),
        to: (pose) => this.dragging.to(pose),
        end: () => void this.dragging.end(),
        cancel: () => this.dragging.cancel(),
        nudge: (pose) => this.dragging.nudge(pose),
      },
    });
    this.#desk = { store: this.store, api: this.#api, viewer: this.#viewer };
    this.previews = new Previews(this.#desk);
    this.placement = new Placement(this.#desk, this.previews);
    this.dragging = new Dragging(this.#desk, this.previews, this.placement);
    this.removal = new Removal(this.#desk, this.previews);
    this.guard = new GuardMaps(this.#desk);
    this.generation = new Generation(this.#desk, () => this.placement.candidateChanged(), browserStorage());
    this.acceptance = new Acceptance(this.#desk);
    this.annotating = new Annotating(
      this.#desk,
      this.#viewer.brush,
      (nodule) => this.#annotated(nodule),
      browserStorage(),
    );
    this.serverJobs = new ServerJobs(this.#desk, (jobId) => this.acceptance.waitsFor(jobId));
    this.origins = new Origins(this.#desk);
    this.tour = new Tours(this.store, browserStorage());
    this.#vitals = new Vitals(this.#desk, {
      onBack: () => this.#resume(),
      feedOpen: () => this.#feed === 'open',
      ...pageClock,
    });
    this.quiz = new QuizGame(this.#api);
    this.models = new Models(this.#api, (name) => this.#modelPreferred(name));
    this.trainings = new Trainings(this.#api, (preferred) => this.#modelPreferred(preferred));
  }

  enter(): void {
    if (this.#leave) return;
    const stopDrawing = this.store.watch(() => {
      this.#viewer.draw(sceneOf(this.store.get()));
      this.#viewer.aim3D(focusOf(this.store.get()));
    });
    const stopEvents = listenToEvents({
      open: () => new EventSource('/api/events'),
      onEvent: (event: ServerEvent) => {
        this.acceptance.onEvent(event);
        this.trainings.onEvent(event);
        this.serverJobs.onEvent(event);
        if (event.type === 'models-changed') this.#readModels();
        this.origins.onEvent(event);
      },
      onConnection: (connection) => this.#connectionChanged(connection),
      ...pageClock,
    });
    this.store.set({ webgl: drawsVolumes() });
    this.#viewer.start();
    const stopVitals = this.#vitals.start();
    void this.generation.loadModels().then(() => this.#greet());
    void this.serverJobs.load();
    // What ended while the mode was left told nobody here.
    void this.acceptance.catchUp();
    void this.trainings.reload();
    void this.models.reload();
    void this.#loadWelcome();
    // What is marked and not saved is lost with the page: the browser asks.
    const stay = (event: BeforeUnloadEvent): void => {
      const { annotation } = this.store.get();
      if (annotation?.dirty && isDrawn(annotation)) event.preventDefault();
    };
    window.addEventListener('beforeunload', stay);
    this.#leave = () => {
      window.removeEventListener('beforeunload', stay);
      this.annotating.leave();
      stopEvents();
      stopVitals();
      this.#abandon();
      this.quiz.close();
      this.models.closeComparison();
      this.#viewer.stop();
      stopDrawing();
    };
  }

  leave(): void {
    this.#leave?.();
    this.#leave = null;
    this.store.set({ ...forgetHost, host: null, error: null, tour: null });
  }

  /** Brings a nodule into view in all planes, with its readers' outlines. */
  selectNodule(id: string): void {
    const nodule = this.store.get().nodules.find((candidate) => candidate.id === id);
    if (!nodule) return;
    const { host, place } = this.store.get();
    const made = sizeOf(chosenCandidate(this.store.get()));
    this.store.set({
      selectedNoduleId: id,
      showContours: true,
      // A size chosen for a place that is being looked at is not taken away, nor one that the candidate was made for.
      ...(place || made !== null ? {} : { diameterMm: diameterFor(nodule) }),
    });
    // A synthetic series lists the nodules of its source: the place is the same in both.
    if (host) void this.#viewer.jumpTo(host.seriesInstanceUID, nodule.centre);
  }

  filterNodules(noduleFilter: NoduleFilter): void {
    this.store.set({ noduleFilter });
  }

  toggleReader(reader: number): void {
    this.store.set({ outlines: toggled(this.store.get().outlines, reader), showContours: true });
  }

  toggleConsensus(): void {
    const { outlines } = this.store.get();
    this.store.set({ outlines: { ...outlines, consensus: !outlines.consensus }, showContours: true });
  }

  toggleContours(): void {
    this.store.set({ showContours: !this.store.get().showContours });
  }

  /** Looks at the place of the preview again. */
  showPlace(): void {
    const { place, preview, stack } = this.store.get();
    const at = place ?? preview?.centre ?? stack.at(-1)?.centre;
    if (at) this.showPoint(at);
  }

  showPoint(point: PointLps): void {
    const { host } = this.store.get();
    if (host) void this.#viewer.jumpTo(host.seriesInstanceUID, point);
  }

  setWindow(name: WindowName): void {
    const { width, level } = WINDOWS[name];
    this.#viewer.setWindow(width, level);
  }

  async toggle3D(): Promise<void> {
    if (!this.store.get().webgl) return;
    await this.#viewer.toggle3D().catch((error: unknown) => report(this.#desk, error));
  }

  dismissError(): void {
    this.store.set({ error: null });
  }

  async reloadNodules(): Promise<void> {
    const { host } = this.store.get();
    if (!host) return;
    this.store.set({ nodulesState: 'loading' });
    const current = (): boolean => this.store.get().host?.seriesInstanceUID === host.seriesInstanceUID;
    try {
      const { nodules, synthetic } = await this.#api.call('nodules', {
        params: { seriesInstanceUID: host.seriesInstanceUID },
      });
      if (!current()) return;
      const { chosenCandidateId, place } = this.store.get();
      this.store.set({
        nodules,
        synthetic,
        nodulesState: 'ready',
        picking: chosenCandidateId !== null && place === null && synthetic.length === 0,
      });
      this.#greet();
    } catch (error) {
      if (!current()) return;
      this.store.set({ nodulesState: 'failed' });
      report(this.#desk, error);
    }
  }

  /** A nodule was marked: it is seen in the list, and in the planes with its outline. */
  #annotated(nodule: Nodule): void {
    if (!passes(nodule, this.store.get().noduleFilter)) this.filterNodules(NO_FILTER);
    this.selectNodule(nodule.id);
  }

  #abandon(): void {
    this.placement.abandon();
    this.previews.abandon();
  }

  #showHost(host: Host | null): void {
    const known = this.store.get().host;
    if (known?.seriesInstanceUID === host?.seriesInstanceUID) return;
    this.#abandon();
    this.store.set({ ...forgetHost, host });
    void this.annotating.hostChanged(host);
    if (!host) return;
    void this.reloadNodules();
    void this.origins.load();
  }

  async #loadWelcome(): Promise<void> {
    try {
      this.#welcome = await this.#api.call('welcome', {});
      this.#greet();
    } catch (error) {
      // Without a demo study there is nobody to greet.
      if (!(error instanceof ApiError && error.status === 404)) report(this.#desk, error);
    }
  }

  /** The first minute in the demo study: its nodule in view and candidates ready. */
  #greet(): void {
    const { host, nodulesState, candidates, generating, models, modelsKnown } = this.store.get();
    const welcome = this.#welcome;
    if (this.#welcomed || !welcome || !modelsKnown || nodulesState !== 'ready') return;
    if (host?.seriesInstanceUID !== welcome.seriesInstanceUID) return;
    this.#welcomed = true;
    this.selectNodule(welcome.noduleId);
    this.tour.offer();
    if (candidates.length > 0 || generating || models.length === 0) return;
    this.generation.setSeed(welcome.seed);
    this.generation.setCount(welcome.count);
    void this.generation.generate();
  }

  #readModels(): void {
    void this.generation.loadModels();
    void this.models.reload();
  }

  /** @param name of the one that this user now prefers; null where a model is only new */
  #modelPreferred(name: string | null): void {
    if (name !== null) this.generation.setModel(name);
    this.#readModels();
  }

  #connectionChanged(connection: Connection): void {
    const back = connection === 'open' && this.store.get().connection === 'lost';
    this.#feed = connection;
    this.store.set({ connection });
    if (back) this.#resume();
  }

  /** What was away is there again: what was missed is read, and what waited goes on. */
  #resume(): void {
    const { place, preview, previewing, refusal } = this.store.get();
    if (place && !preview && !previewing && !refusal) this.placement.candidateChanged();
    void this.acceptance.catchUp();
    void this.trainings.reload();
    void this.serverJobs.load();
    this.#readModels();
    if (this.store.get().nodulesState === 'failed') void this.reloadNodules();
    if (!this.store.get().provenance) void this.origins.load();
    if (!this.#welcome) void this.#loadWelcome();
  }
}
