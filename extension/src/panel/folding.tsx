/** Folds sections of the panel where the screen is too low for all of them; whoever folds by hand has the last word. */
import { type RefObject, useLayoutEffect, useState } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { type Foldable, foldsBy, phaseOf, type Phase } from '../state/folds.ts';
import { chosenCandidate, selectedNodule, type Session } from '../state/session.ts';
import { millimetres } from '../state/words.ts';
import { CandidateStrip, stripped } from './CandidateGrid.tsx';
import type { Folding } from './parts.tsx';

/** Pixels that the panel has on the screen, before it would scroll. */
export function usePanelHeight(panel: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(Infinity);
  useLayoutEffect(() => {
    const room = panel.current?.parentElement;
    if (!room) return undefined;
    const measure = (): void => setHeight(room.clientHeight || Infinity);
    const observer = new ResizeObserver(measure);
    observer.observe(room);
    measure();
    return () => observer.disconnect();
  }, [panel]);
  return height;
}

function nodulesLine(session: Session): string {
  const selected = selectedNodule(session);
  const { length } = session.nodules;
  if (selected) return `${selected.number} of ${length}, ${millimetres(selected.diameterMm)}`;
  return length === 0 ? 'none annotated' : `${length} found`;
}

function candidateLine(session: Session): string {
  const chosen = chosenCandidate(session);
  if (!chosen) return session.candidates.length === 0 ? 'no candidates' : 'none chosen';
  return `candidate ${chosen.index + 1} of ${session.candidates.length}`;
}

/** When the panel folds, what was scrolled away to see more of it is back. */
export function useTopOfFolded(panel: RefObject<HTMLElement | null>, { generate }: Foldings): void {
  useLayoutEffect(() => {
    const room = panel.current?.parentElement;
    if (room && generate.folded) room.scrollTop = 0;
  }, [panel, generate.folded]);
}

type Foldings = Readonly<Record<Foldable, Folding>>;
type ByHand = Readonly<Partial<Record<Foldable, boolean>>>;

export function useFoldings(service: NoduleLabService, session: Session, height: number): Foldings {
  const phase = phaseOf(session);
  const [byHand, setByHand] = useState<{ readonly phase: Phase; readonly folded: ByHand }>({
    phase,
    folded: {},
  });
  // What was wanted while choosing says nothing about judging.
  const chosen = byHand.phase === phase ? byHand.folded : {};
  const folding = (name: Foldable, rest: Pick<Folding, 'summary' | 'strip'>): Folding => {
    const folded = chosen[name] ?? foldsBy(name, phase, height);
    return {
      ...rest,
      folded,
      onToggle: () => setByHand({ phase, folded: { ...chosen, [name]: !folded } }),
    };
  };
  return {
    nodules: folding('nodules', { summary: nodulesLine(session) }),
    generate: folding('generate', {
      summary: candidateLine(session),
      ...(stripped(session).length > 0
        ? { strip: <CandidateStrip service={service} session={session} /> }
        : {}),
    }),
  };
}
