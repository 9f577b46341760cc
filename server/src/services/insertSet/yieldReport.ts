/** What came of the insertion of a set: `yield.json`, and the same as text. */
import type { HostFolder } from './hostFolders.ts';
import type { SetItem } from './setItems.ts';
import { REFUSALS, type InsertSetState, type Outcome, type RefusalReason } from './state.ts';

export const YIELD_FILE = 'yield.json';

export interface YieldReport {
  readonly nodules: number;
  readonly placed: number;
  readonly refused: number;
  /** Refused ones by reason. */
  readonly reasons: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly hosts: readonly {
    readonly dir: string;
    readonly seriesInstanceUID: string;
    /** Null where no nodule was placed. */
    readonly derived: {
      readonly folder: string;
      readonly seriesInstanceUID: string;
      readonly slices: number;
    } | null;
    readonly placed: number;
    readonly refused: number;
    readonly seconds: number;
  }[];
  /** CT series that could not be hosts. */
  readonly refusedHosts: readonly { readonly dir: string; readonly message: string }[];
  readonly model: { readonly name: string; readonly sha256: string };
  /** Whether the nodules were drawn again from the model, or inserted as they lay in the folder. */
  readonly drawnAnew: boolean;
  readonly items: readonly (Outcome & Pick<SetItem, 'seed' | 'index' | 'sampleSha256'>)[];
  /** Of placing and writing, over all runs. */
  readonly seconds: number;
}

export function yieldReport(
  { outcomes, series }: InsertSetState,
  items: readonly SetItem[],
  hosts: readonly HostFolder[],
  rest: Pick<YieldReport, 'model' | 'drawnAnew' | 'refusedHosts'>,
): YieldReport {
  const sum = (values: readonly { readonly seconds: number }[]): number =>
    tenth(values.reduce((total, { seconds }) => total + seconds, 0));
  const placed = outcomes.filter((outcome) => outcome.placed).length;
  const reasons: Partial<Record<RefusalReason, number>> = {};
  for (const outcome of outcomes)
    if (!outcome.placed) reasons[outcome.reason] = (reasons[outcome.reason] ?? 0) + 1;
  const lineage = new Map(items.map((item) => [item.id, item]));
  return {
    nodules: outcomes.length,
    placed,
    refused: outcomes.length - placed,
    reasons,
    hosts: hosts.map(({ dir, seriesInstanceUID }, host) => {
      const own = outcomes.filter((outcome) => outcome.host === host);
      const written = series.find((one) => one.host === host);
      const here = own.filter((outcome) => outcome.placed).length;
      return {
        dir,
        seriesInstanceUID,
        derived:
          written === undefined
            ? null
            : {
                folder: written.folder,
                seriesInstanceUID: written.seriesInstanceUID,
                slices: written.slices,
              },
        placed: here,
        refused: own.length - here,
        seconds: sum(written === undefined ? own : [...own, written]),
      };
    }),
    ...rest,
    items: outcomes.map((outcome) => {
      const { seed, index, sampleSha256 } = lineage.get(outcome.item)!;
      return { ...outcome, seed, index, sampleSha256 };
    }),
    seconds: sum([...outcomes, ...series]),
  };
}

/** Rows of the table of hosts: folder, placed, refused, seconds, source. */
export function hostRows({ hosts }: YieldReport): string[][] {
  return hosts.map(({ derived, placed, refused, seconds, dir }) => [
    derived?.folder ?? 'nothing',
    String(placed),
    String(refused),
    seconds.toFixed(1),
    dir,
  ]);
}

/** One line for each reason, the most frequent first. */
export function reasonLines({ reasons }: YieldReport): string[] {
  return (Object.entries(reasons) as [RefusalReason, number][])
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `  ${String(count).padStart(5)}  ${REFUSALS[reason]} (${reason})`);
}

const tenth = (value: number): number => Math.round(10 * value) / 10;
