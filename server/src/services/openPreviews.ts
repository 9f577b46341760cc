/** Previews that can still be accepted. They live in memory: cheap to make again, and nothing is lost with them. */
import type { Preview } from '@nodulelab/contract';
import { NoduleLabError } from '../volume/errors.ts';
import type { EditStack, MadeEdit } from './editStack.ts';

export interface OpenPreview {
  readonly preview: Omit<Preview, 'box'>;
  readonly made: MadeEdit;
  /** What it stands on, whole: accepting or forgetting another preview takes nothing away from this one. */
  readonly below: EditStack;
}

export interface Previews {
  add(entry: OpenPreview): void;
  /** @throws NoduleLabError `not-found`; `conflict` while it is being written */
  get(id: string): OpenPreview;
  /** @throws NoduleLabError as `get`; `conflict` where another preview stands on it */
  remove(id: string): void;
  /**
   * Writes a preview and the previews that it stands on; none of them can be discarded or accepted meanwhile. They are
   * forgotten when the work succeeds, and can be accepted again when it fails.
   * @throws NoduleLabError as `get`; `conflict` while one that it stands on is being written
   */
  write<T>(id: string, work: (entry: OpenPreview) => Promise<T>): Promise<T>;
}

/** Enough for some series with twenty edits each; the oldest goes first. */
const KEPT_PREVIEWS = 64;

export function createPreviews(): Previews {
  const open = new Map<string, OpenPreview>();
  const writing = new Set<string>();
  const get = (id: string): OpenPreview => {
    const entry = open.get(id);
    if (!entry)
      throw new NoduleLabError('not-found', `there is no preview ${id}: make it again`, { previewId: id });
    if (writing.has(id))
      throw new NoduleLabError(
        'conflict',
        `preview ${id} is being written: wait for its job to end, or cancel the job`,
        { previewId: id },
      );
    return entry;
  };
  /** A preview and those below it that are still open. */
  function* chainOf(id: string): Iterable<string> {
    for (let at: string | null = id; at !== null && open.has(at); at = open.get(at)!.preview.after) yield at;
  }
  return {
    get,
    add(entry) {
      open.set(entry.preview.id, entry);
      for (const oldest of open.keys()) {
        if (open.size <= KEPT_PREVIEWS) break;
        open.delete(oldest);
      }
    },
    remove(id) {
      get(id);
      for (const { preview } of open.values())
        if (preview.after === id)
          throw new NoduleLabError(
            'conflict',
            `preview ${preview.id} stands on preview ${id}: discard that one first`,
            { previewId: id, standsOnIt: preview.id },
          );
      open.delete(id);
    },
    async write(id, work) {
      const entry = get(id);
      const chain = [...chainOf(id)];
      for (const below of chain) get(below);
      for (const below of chain) writing.add(below);
      try {
        const result = await work(entry);
        for (const below of chain) open.delete(below);
        return result;
      } finally {
        for (const below of chain) writing.delete(below);
      }
    },
  };
}
