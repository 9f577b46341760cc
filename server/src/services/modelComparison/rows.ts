/** The table of a comparison: a row is a question, asked of every model. */
import type { Model, ModelComparison } from '@nodulelab/contract';
import type { ModelCard } from '../../gan/modelCard.ts';

type Group = ModelComparison['groups'][number];
export type Cell = Group['rows'][number]['cells'][number];

/** Milliseconds of one sample, or why there are none. */
export type Speed = { readonly milliseconds: number } | { readonly problem: string };

/** All that is known of one model. */
export interface Compared {
  readonly model: Model;
  readonly card: ModelCard;
  readonly weightsBytes: number | null;
  readonly speed: Speed;
}

export interface RowOf {
  readonly title: string;
  readonly hint?: string;
  /** Null where the model says nothing of it; a row of which none says anything is left out. */
  readonly of: (model: Compared) => string | Cell | null;
}

export interface GroupOf {
  readonly title: string;
  readonly rows: readonly RowOf[];
}

/** Stands where a model has nothing to say. */
export const NOTHING = '\u2013';

const plain = (text: string): Cell => ({ text, verdict: null });

export function groupsOf(models: readonly Compared[], groups: readonly GroupOf[]): Group[] {
  return groups
    .map(({ title, rows }) => ({
      title,
      rows: rows.flatMap(({ title: row, hint, of }) => {
        const cells = models.map(of);
        if (cells.every((cell) => cell === null)) return [];
        return [
          {
            title: row,
            hint: hint ?? null,
            cells: cells.map((cell) =>
              cell === null ? plain(NOTHING) : typeof cell === 'string' ? plain(cell) : cell,
            ),
          },
        ];
      }),
    }))
    .filter(({ rows }) => rows.length > 0);
}

/** Each once, in the order in which they are first met. */
export const unionOf = <T>(
  models: readonly Compared[],
  list: (model: Compared) => readonly T[],
  keyOf: (item: T) => string,
): T[] => [...new Map(models.flatMap(list).map((item) => [keyOf(item), item])).values()];
