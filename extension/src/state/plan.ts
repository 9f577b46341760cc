/** What would be written, with how its last edit is shaped, as one value that can be taken back and brought again. */
import type { Preview } from '@nodulelab/contract';
import { editsOf, type Session } from './session.ts';

export type Plan = Pick<
  Session,
  'stack' | 'preview' | 'place' | 'diameterMm' | 'setting' | 'meanHu' | 'turnDeg' | 'chosenCandidateId'
>;

export const planOf = ({
  stack,
  preview,
  place,
  diameterMm,
  setting,
  meanHu,
  turnDeg,
  chosenCandidateId,
}: Session): Plan => ({
  ...{ stack, preview, place, diameterMm, setting, meanHu, turnDeg, chosenCandidateId },
});

/** The server keeps a preview for each of them, of a few dozen in all. */
export const MOST_STEPS = 20;

/** Plans before the present one, oldest first, and those that were taken back, next one last. */
export interface History {
  readonly past: readonly Plan[];
  readonly future: readonly Plan[];
}
export const NO_HISTORY: History = { past: [], future: [] };

/** Something new was done after `before`: what had been taken back cannot come again. */
export const done = ({ past }: History, before: Plan): History => ({
  past: [...past, before].slice(-MOST_STEPS),
  future: [],
});

/** @returns the plan to go back to, and the history then; null where there is none */
export function undone({ past, future }: History, present: Plan): { plan: Plan; history: History } | null {
  const plan = past.at(-1);
  if (plan === undefined) return null;
  return { plan, history: { past: past.slice(0, -1), future: [...future, present] } };
}

export function redone({ past, future }: History, present: Plan): { plan: Plan; history: History } | null {
  const plan = future.at(-1);
  if (plan === undefined) return null;
  return { plan, history: { past: [...past, present], future: future.slice(0, -1) } };
}

/** Every preview of these plans once, those that stand on most others first: in this order a server can forget them. */
export function previewsOf(plans: readonly Plan[]): Preview[] {
  const heights = new Map<string, { preview: Preview; height: number }>();
  for (const plan of plans)
    editsOf({ stack: plan.stack, preview: plan.preview }).forEach((preview, height) => {
      heights.set(preview.id, { preview, height });
    });
  return [...heights.values()].sort((a, b) => b.height - a.height).map(({ preview }) => preview);
}
