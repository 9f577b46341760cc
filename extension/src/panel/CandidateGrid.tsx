/** Candidates side by side: as cards, which arrow keys go through, and as a strip where there is no room for cards. */
import type { Candidate } from '@nodulelab/contract';
import type { KeyboardEvent } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { isFavourite } from '../state/favourites.ts';
import { movedInGrid } from '../state/gridKeys.ts';
import { chosenCandidate, isActive, type Session } from '../state/session.ts';
import { CandidateCard, candidateName } from './CandidateCard.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
}

interface GridProps extends Props {
  readonly label: string;
  readonly candidates: readonly Candidate[];
  /** What stands there while there are none. */
  readonly empty?: string;
}

/** Patches of generators that are not known any more have the usual edge. */
const USUAL_SLICES = 64;

function moveFocus(event: KeyboardEvent<HTMLDivElement>): void {
  const grid = event.currentTarget;
  const cards = [...grid.querySelectorAll<HTMLButtonElement>('.nl-candidate')];
  const at = cards.findIndex((card) => card === document.activeElement);
  if (at < 0) return;
  const columns = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
  const to = movedInGrid(event.key, at, cards.length, columns);
  if (to === null) return;
  // The viewer's own arrow keys go through slices.
  event.preventDefault();
  event.stopPropagation();
  cards[to]!.focus();
}

export function CandidateGrid({ service, session, label, candidates, empty }: GridProps) {
  const { generation } = service;
  return (
    <div
      className="nl-candidates"
      role="group"
      aria-label={label}
      aria-busy={session.generating}
      onKeyDown={moveFocus}
    >
      {candidates.map((candidate) => (
        <CandidateCard
          key={candidate.id}
          candidate={candidate}
          chosen={candidate.id === session.chosenCandidateId}
          onChoose={() => generation.choose(candidate.id)}
          disabled={session.generating || isActive(session.job)}
          favourite={isFavourite(session.favourites, candidate.id)}
          onFavourite={() => generation.toggleFavourite(candidate)}
          slices={session.models.find(({ name }) => name === candidate.model)?.resolution ?? USUAL_SLICES}
        />
      ))}
      {candidates.length === 0 && empty && <p className="nl-dim nl-small nl-empty">{empty}</p>}
    </div>
  );
}

/** Those of the strip: one that was kept before may be the chosen one. */
export function stripped(session: Session): readonly Candidate[] {
  const chosen = chosenCandidate(session);
  const { candidates } = session;
  return chosen && !candidates.includes(chosen) ? [chosen, ...candidates] : candidates;
}

export function CandidateStrip({ service, session }: Props) {
  return (
    <div className="nl-strip" role="group" aria-label="Candidates, axial" data-testid="strip">
      {stripped(session).map((candidate) => (
        <button
          key={candidate.id}
          type="button"
          aria-pressed={candidate.id === session.chosenCandidateId}
          aria-label={candidateName(candidate)}
          title={candidateName(candidate)}
          disabled={session.generating || isActive(session.job)}
          onClick={() => service.generation.choose(candidate.id)}
          data-testid={`strip-${candidate.index + 1}`}
        >
          <img src={candidate.thumbnails.axial} alt="" />
        </button>
      ))}
    </div>
  );
}
