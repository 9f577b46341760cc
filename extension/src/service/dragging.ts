/**
 * Dragging the nodule that is being placed by its handles. While it is dragged the last preview is carried along in the
 * viewer and the server is not asked; letting go asks it once, and only what it answers is a preview. One drag, or a
 * run of arrow keys, is one step of undo.
 */
import type { Preview } from '@nodulelab/contract';
import { type Pose, samePose } from '../geometry/pose.ts';
import { DIAMETER, poseOf, type Session } from '../state/session.ts';
import type { Desk } from './desk.ts';
import type { Placement } from './placement.ts';
import type { Previews } from './previews.ts';

/** Arrow keys that come faster than this are one step. */
const SETTLED_MS = 400;

/** The pose that a preview was made for; null for one that places nothing. */
function poseOfPreview({ edit, centre, diameterMm }: Preview): Pose | null {
  if (edit.kind !== 'insert') return null;
  return { place: centre, diameterMm, turnDeg: edit.options.rotationDeg ?? [0, 0, 0] };
}

/** Half millimetres, as the slider has them. */
const inBounds = (diameterMm: number): number =>
  Math.min(DIAMETER.most, Math.max(DIAMETER.least, Math.round(diameterMm * 2) / 2));

/** What the session was before, for a drag that is given up. */
type Before = Pick<Session, 'place' | 'diameterMm' | 'turnDeg' | 'refusal' | 'look' | 'previewShown'>;

interface Drag {
  readonly before: Before;
  readonly pose: Pose;
  readonly preview: Preview | null;
  /** A preview was being made. */
  readonly interrupted: boolean;
}

export class Dragging {
  readonly #desk: Desk;
  readonly #previews: Previews;
  readonly #placement: Placement;
  #drag: Drag | null = null;
  #wanted: Pose | null = null;
  #carrying: Promise<void> | null = null;
  #settle: ReturnType<typeof setTimeout> | undefined;

  constructor(desk: Desk, previews: Previews, placement: Placement) {
    this.#desk = desk;
    this.#previews = previews;
    this.#placement = placement;
  }

  /** @returns false where nothing can be dragged */
  begin(): boolean {
    clearTimeout(this.#settle);
    const { store } = this.#desk;
    const session = store.get();
    if (this.#drag) return true;
    const pose = poseOf(session);
    if (!pose) return false;
    const { place, diameterMm, turnDeg, refusal, look, previewShown, previewing, preview } = session;
    // What is asked for is not what is wanted any more.
    this.#placement.abandon();
    this.#previews.interrupt();
    const before = { place, diameterMm, turnDeg, refusal, look, previewShown };
    // What was not confirmed before is not confirmed by giving this drag up.
    this.#drag = { before, pose, preview, interrupted: previewing || session.unsettled };
    store.set({ refusal: null, unconfirmed: null });
    return true;
  }

  to(pose: Pose): void {
    const { store } = this.#desk;
    const drag = this.#drag;
    if (!drag || !poseOf(store.get())) return;
    const { place, turnDeg } = pose;
    // What is only moved or turned keeps a size that it was made for, to the tenth.
    const diameterMm = pose.diameterMm === drag.pose.diameterMm ? pose.diameterMm : inBounds(pose.diameterMm);
    store.set({ place, turnDeg, diameterMm, unsettled: true });
    if (drag.preview) store.set({ look: 'whole', previewShown: true });
    this.#wanted = poseOf(store.get());
    this.#carrying ??= this.#carry().finally(() => (this.#carrying = null));
  }

  /** Let go: the server says whether it may lie there, and makes the real preview. */
  async end(): Promise<void> {
    clearTimeout(this.#settle);
    const drag = this.#drag;
    this.#drag = null;
    // What lies on the screen must not be carried on once the real preview is there.
    await this.#carrying;
    const session = this.#desk.store.get();
    const pose = poseOf(session);
    // Taken hold of again, or undone meanwhile.
    if (!drag || this.#drag || !pose) return;
    // A step back, or another preview, came meanwhile: only what was dragged since is to be confirmed.
    if (session.preview !== drag.preview && !session.unsettled) return;
    if (session.preview === drag.preview && samePose(pose, drag.pose) && !drag.interrupted)
      this.#giveBack(drag);
    else await this.#placement.confirm();
  }

  /** Everything is as it was before. */
  cancel(): void {
    clearTimeout(this.#settle);
    const drag = this.#drag;
    this.#drag = null;
    // Another CT, or none, has no place to go back to.
    const { place, preview, unsettled } = this.#desk.store.get();
    if (!drag || !place) return;
    if (preview !== drag.preview) {
      // What the drag began with is gone: its place and size are not those of what lies there now.
      if (unsettled) void this.#placement.confirm();
      else this.#previews.lookAgain();
      return;
    }
    this.#giveBack(drag);
    if (drag.interrupted) void this.#placement.confirm();
  }

  /** One step of the keyboard. */
  nudge(pose: Pose): void {
    if (!this.begin()) return;
    this.to(pose);
    this.#settle = setTimeout(() => void this.end(), SETTLED_MS);
  }

  #giveBack({ before }: Drag): void {
    this.#wanted = null;
    this.#desk.store.set({ ...before, unsettled: false });
    this.#previews.lookAgain();
  }

  /** Paints as fast as the viewer can and no faster: of poses that come in between only the last counts. */
  async #carry(): Promise<void> {
    const { store, viewer } = this.#desk;
    const { preview } = store.get();
    const from = preview && poseOfPreview(preview);
    while (from && this.#wanted && store.get().preview === preview) {
      const to = this.#wanted;
      this.#wanted = null;
      await viewer.carry(from, to);
    }
    this.#wanted = null;
  }
}
