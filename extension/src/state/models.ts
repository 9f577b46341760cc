/** What the list of models shows, as one value, and what is told from it. */
import type { CurrentModel, Model, ModelComparison } from '@nodulelab/contract';

export interface ModelsSession {
  readonly current: CurrentModel | null;
  /** Whose card is open. */
  readonly opened: string | null;
  /** To be laid side by side, in the order in which they were ticked. */
  readonly ticked: readonly string[];
  readonly comparison: ModelComparison | null;
  /** A comparison is being made: it times each model. */
  readonly comparing: boolean;
  readonly busy: boolean;
  readonly error: string | null;
}

export const emptyModelsSession: ModelsSession = {
  current: null,
  opened: null,
  ticked: [],
  comparison: null,
  comparing: false,
  busy: false,
  error: null,
};

/** As many as a comparison takes. */
export const SIDE_BY_SIDE = { least: 2, most: 6 } as const;

export const withTicked = (ticked: readonly string[], name: string): readonly string[] =>
  ticked.includes(name) ? ticked.filter((one) => one !== name) : [...ticked, name].slice(-SIDE_BY_SIDE.most);

/** Those that are still there. */
export const tickedOf = (ticked: readonly string[], models: readonly Model[]): readonly string[] =>
  ticked.filter((name) => models.some((model) => model.name === name));

/** Which one everybody gets, and why. */
export function currentLine({ name, chosen, since, missing }: CurrentModel): string {
  if (name === null) return 'There is no model here: make one of a training below.';
  const why = chosen ? `chosen ${since?.slice(0, 10) ?? ''}`.trim() : 'the finest one; nobody chose';
  return `${missing === null ? '' : `${missing} was chosen, but is not here any more. `}Everybody on this server is given ${name} first (${why}).`;
}
