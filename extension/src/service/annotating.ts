/**
 * The user marks a nodule: draws it, rates it, saves it; changes and deletes what was marked here. What is drawn lives
 * in the session until it is saved, so that it outlives a look at another series or mode.
 */
import type { Nodule, PointLps, Ratings } from '@nodulelab/contract';
import { ApiError, messageOf } from '../api/problem.ts';
import { diameterThrough, type EllipsoidHandle } from '../geometry/ellipsoid.ts';
import type { Plane } from '../geometry/outline.ts';
import type { Ground, Mask } from '../geometry/painted.ts';
import {
  type Annotation,
  BRUSH_MM,
  type BrushSettings,
  changeOf,
  type Characteristic,
  clampedDiameter,
  DRAWN_MM,
  ellipsoidAround,
  FROM_HU,
  keepAuthor,
  missing,
  newAnnotation,
  readAuthor,
  shapeOf,
  type Way,
} from '../state/annotation.ts';
import { annotationShown, editsOf, type Host, isSynthetic, type Session } from '../state/session.ts';
import { type Desk, report } from './desk.ts';

/** What is asked of OHIF's segmentation tools. */
export interface BrushActions {
  /** Lays an empty drawing, or one that begins with a ground, over the CT. @returns false when the CT is not shown */
  start(seriesInstanceUID: string, ground: Ground | null): Promise<boolean>;
  use(settings: BrushSettings): void;
  /** Takes the drawing off the CT and gives the mouse back. */
  stop(): void;
}

/** Why nothing can be annotated now; null where it can. */
export function whyNotAnnotate(session: Session): string | null {
  if (!session.host || session.nodulesState !== 'ready') return 'Wait until the CT is read';
  if (isSynthetic(session)) return 'This series is synthetic: annotate its original';
  if (editsOf(session).length > 0 || session.place || session.previewing || session.proposing)
    return 'Accept or discard the preview first: what is annotated is the original';
  return null;
}

export class Annotating {
  readonly #desk: Desk;
  readonly #brush: BrushActions;
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'> | null;
  readonly #onSaved: (nodule: Nodule) => void;

  /** @param onSaved told when a nodule was written: it is in the list then */
  constructor(
    desk: Desk,
    brush: BrushActions,
    onSaved: (nodule: Nodule) => void,
    storage: Pick<Storage, 'getItem' | 'setItem'> | null = null,
  ) {
    this.#desk = desk;
    this.#brush = brush;
    this.#onSaved = onSaved;
    this.#storage = storage;
  }

  /** A new nodule. */
  begin(): void {
    const { store } = this.#desk;
    const { host, annotation } = store.get();
    if (!host || annotation || whyNotAnnotate(store.get()) !== null) return;
    store.set({ annotation: newAnnotation(host, readAuthor(this.#storage)), picking: false, deleting: null });
  }

  /** One that was marked here; what LIDC's readers marked stays as it is. */
  change(noduleId: string): void {
    const { store } = this.#desk;
    const { host, annotation, nodules } = store.get();
    const nodule = nodules.find(({ id }) => id === noduleId);
    if (!host || annotation || !nodule?.annotation || whyNotAnnotate(store.get()) !== null) return;
    store.set({
      annotation: changeOf(host, nodule, readAuthor(this.#storage)),
      selectedNoduleId: noduleId,
      picking: false,
      deleting: null,
    });
    void this.#desk.viewer.jumpTo(host.seriesInstanceUID, nodule.centre);
  }

  /** Arms or disarms "the next click sets the centre". */
  pick(picking: boolean): void {
    this.#set({ picking });
  }

  /** A click in a plane. */
  clickAt(point: PointLps): void {
    const annotation = annotationShown(this.#desk.store.get());
    if (annotation?.picking && !annotation.saving) this.#centre(annotation, point);
  }

  /** The point where the three planes meet. */
  atCrosshair(): void {
    const annotation = annotationShown(this.#desk.store.get());
    const point = this.#desk.viewer.crosshair();
    if (annotation && point) this.#centre(annotation, point);
  }

  setDiameter(axis: 0 | 1 | 2, mm: number): void {
    const { annotation } = this.#desk.store.get();
    if (!annotation?.ellipsoid || !Number.isFinite(mm)) return;
    const diametersMm = annotation.ellipsoid.diametersMm.map((value, n) =>
      n === axis ? clampedDiameter(mm) : value,
    ) as PointLps;
    this.#draw({ ellipsoid: { ...annotation.ellipsoid, diametersMm } });
  }

  /** A handle in a plane is dragged to a point of it. */
  drag(handle: EllipsoidHandle, point: PointLps, plane: Plane): void {
    const { annotation } = this.#desk.store.get();
    const ellipsoid = annotation?.ellipsoid;
    // What is being saved is not drawn further.
    if (!annotation || annotation.saving || annotation.way !== 'ellipsoid' || !ellipsoid) return;
    if (handle !== 'centre') this.setDiameter(handle, diameterThrough(ellipsoid, handle, point, plane));
    else {
      // Within the plane: how deep it lies was chosen in another one.
      const { normal } = plane;
      const depth = point.reduce((sum, value, n) => sum + (value - ellipsoid.centre[n]!) * normal[n]!, 0);
      const centre = point.map((value, n) => value - depth * normal[n]!) as PointLps;
      this.#draw({ ellipsoid: { ...ellipsoid, centre } });
    }
  }

  /** Draws in another way; what was drawn in the former one stays, and the brush begins with it where it has nothing. */
  async setWay(way: Way): Promise<void> {
    const { annotation } = this.#desk.store.get();
    if (!annotation || annotation.saving || annotation.way === way) return;
    const { changes, ellipsoid, painting } = annotation;
    if (annotation.way === 'brush') this.#brush.stop();
    const grounds: (Ground | null)[] = [
      painting && { kind: 'mask', mask: painting },
      ellipsoid && { kind: 'ellipsoid', ellipsoid },
      changes && { kind: 'outlines', contours: changes.marks.flatMap(({ contours }) => contours) },
    ];
    const began = way === 'ellipsoid' && !ellipsoid && changes ? ellipsoidAround(changes) : ellipsoid;
    this.#set({
      ...{
        way,
        ellipsoid: began,
        picking: way === 'ellipsoid' && began === null,
        problem: null,
        tried: false,
      },
      // A change of the way is one of the outline.
      dirty: annotation.dirty || (changes !== null && way !== 'kept'),
    });
    if (way === 'brush') await this.#paint(grounds.find((ground) => ground !== null) ?? null);
  }

  setBrush(change: Partial<BrushSettings>): void {
    const { annotation } = this.#desk.store.get();
    if (!annotation) return;
    const brush = { ...annotation.brush, ...change };
    if (![brush.radiusMm, brush.fromHu].every(Number.isFinite)) return;
    const kept = {
      ...brush,
      radiusMm: Math.min(BRUSH_MM.most, Math.max(BRUSH_MM.least, brush.radiusMm)),
      fromHu: Math.min(FROM_HU.most, Math.max(FROM_HU.least, Math.round(brush.fromHu))),
    };
    this.#set({ brush: kept });
    this.#brush.use(kept);
  }

  /** The viewer tells what is painted now. */
  painted(painting: Mask | null): void {
    const { annotation } = this.#desk.store.get();
    if (annotation?.way === 'brush' && !annotation.saving) this.#draw({ painting });
  }

  /** The viewer tells which of the brush's tools has the mouse, if any, and how large it is. */
  toolChanged(change: Partial<BrushSettings>): void {
    const { annotation } = this.#desk.store.get();
    if (annotation?.way === 'brush') this.#set({ brush: { ...annotation.brush, ...change } });
  }

  /** @param value null for not rated yet */
  rate(name: Characteristic, value: number | null): void {
    const { annotation } = this.#desk.store.get();
    if (!annotation) return;
    const { [name]: _, ...others } = annotation.ratings;
    const ratings: Partial<Ratings> = value === null ? others : { ...others, [name]: value };
    this.#set({ ratings, dirty: true, problem: null });
  }

  setAuthor(author: string): void {
    this.#set({ author, problem: null });
  }

  /** Leaves it where nothing would be lost; else asks first. */
  cancel(): void {
    const { annotation } = this.#desk.store.get();
    if (!annotation || annotation.saving) return;
    if (annotation.dirty) this.#set({ leaving: true });
    else this.discard();
  }

  /** The answer to that question: back to it. */
  keep(): void {
    this.#set({ leaving: false });
  }

  /** The other answer. */
  discard(): void {
    const { store } = this.#desk;
    if (!store.get().annotation || store.get().annotation?.saving) return;
    this.#brush.stop();
    store.set({ annotation: null });
  }

  /** @returns whether it is written */
  async save(): Promise<boolean> {
    const { store, api } = this.#desk;
    const { annotation } = store.get();
    if (!annotation || annotation.saving) return false;
    const open = missing(annotation);
    if (open !== null) {
      this.#set({ tried: true, problem: open, leaving: false });
      return false;
    }
    const { host, changes, ratings } = annotation;
    const author = annotation.author.trim();
    const shape = shapeOf(annotation);
    const { seriesInstanceUID } = host;
    // Complete: that is what was asked for above.
    const characteristics = ratings as Ratings;
    this.#set({ saving: true, problem: null, leaving: false });
    try {
      const nodule = changes
        ? await api.call('changeAnnotation', {
            params: { seriesInstanceUID, noduleId: changes.id },
            body: { ...(shape ? { shape } : {}), characteristics, author },
          })
        : await api.call('annotate', {
            params: { seriesInstanceUID },
            body: { shape: shape!, characteristics, author },
          });
      keepAuthor(this.#storage, author);
      this.#brush.stop();
      store.set({ annotation: null });
      this.#listed(host, nodule);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.unreachable) store.set({ connection: 'lost' });
      this.#set({ saving: false, problem: `Not saved. ${messageOf(error)}` });
      return false;
    }
  }

  /** Asks whether a nodule that was marked here may go. */
  askDelete(noduleId: string | null): void {
    const { store } = this.#desk;
    const nodule = store.get().nodules.find(({ id }) => id === noduleId);
    store.set({ deleting: nodule?.annotation ? nodule.id : null });
  }

  /** The answer to that question. */
  async delete(): Promise<void> {
    const { store, api, viewer } = this.#desk;
    const { deleting, host, nodules } = store.get();
    if (!host || deleting === null || !nodules.some(({ id }) => id === deleting)) return;
    const { seriesInstanceUID, studyInstanceUID } = host;
    store.set({ deleting: null, error: null });
    try {
      await api.call('deleteAnnotation', { params: { seriesInstanceUID, noduleId: deleting } });
      const now = store.get();
      store.set({
        nodules: now.nodules.filter(({ id }) => id !== deleting),
        ...(now.selectedNoduleId === deleting ? { selectedNoduleId: null } : {}),
      });
      await viewer.unlist(studyInstanceUID);
    } catch (error) {
      report(this.#desk, error);
    }
  }

  /** Another series is on the screen, or the one that is annotated again. */
  async hostChanged(host: Host | null): Promise<void> {
    const { annotation } = this.#desk.store.get();
    if (!annotation || annotation.way !== 'brush') return;
    this.#brush.stop();
    if (host?.seriesInstanceUID === annotation.host.seriesInstanceUID)
      await this.#paint(annotation.painting && { kind: 'mask', mask: annotation.painting });
  }

  /** The viewer leaves the mode: what is painted is kept here. */
  leave(): void {
    this.#brush.stop();
  }

  /** Shows the CT that is annotated again. */
  async showHost(): Promise<void> {
    const { store, viewer } = this.#desk;
    const { annotation } = store.get();
    if (!annotation) return;
    const { studyInstanceUID, seriesInstanceUID } = annotation.host;
    try {
      if (await viewer.discover(studyInstanceUID, seriesInstanceUID))
        await viewer.open(seriesInstanceUID, annotation.ellipsoid?.centre ?? null);
      else store.set({ error: 'The CT that you annotate is of another study: open that study again.' });
    } catch (error) {
      report(this.#desk, error);
    }
  }

  #centre(annotation: Annotation, centre: PointLps): void {
    const diametersMm: PointLps = annotation.ellipsoid?.diametersMm ?? [
      DRAWN_MM.usual,
      DRAWN_MM.usual,
      DRAWN_MM.usual,
    ];
    this.#draw({ ellipsoid: { centre, diametersMm }, picking: false });
    void this.#desk.viewer.jumpTo(annotation.host.seriesInstanceUID, centre);
  }

  async #paint(ground: Ground | null): Promise<void> {
    const { annotation } = this.#desk.store.get();
    if (!annotation) return;
    try {
      if (await this.#brush.start(annotation.host.seriesInstanceUID, ground))
        this.#brush.use({ ...annotation.brush, tool: annotation.brush.tool ?? 'paint' });
    } catch (error) {
      this.#set({ problem: `The brush cannot be used here. ${messageOf(error)}` });
    }
  }

  #draw(change: Partial<Annotation>): void {
    this.#set({ ...change, dirty: true, problem: null });
  }

  #set(change: Partial<Annotation>): void {
    const { store } = this.#desk;
    const { annotation } = store.get();
    if (annotation) store.set({ annotation: { ...annotation, ...change } });
  }

  /** The list as the server has it now, without asking for it again; segmentation and report appear beside the CT. */
  #listed(host: Host, nodule: Nodule): void {
    const { store, viewer } = this.#desk;
    const now = store.get();
    if (now.host?.seriesInstanceUID === host.seriesInstanceUID) {
      const known = now.nodules.some(({ id }) => id === nodule.id);
      store.set({
        nodules: known
          ? now.nodules.map((one) => (one.id === nodule.id ? nodule : one))
          : [...now.nodules, nodule],
      });
      this.#onSaved(nodule);
    }
    const { annotation } = nodule;
    if (!annotation) return;
    void (async () => {
      for (const { seriesInstanceUID } of [annotation.segmentation, annotation.report])
        await viewer.discover(host.studyInstanceUID, seriesInstanceUID);
    })().catch((error: unknown) => report(this.#desk, error));
  }
}
