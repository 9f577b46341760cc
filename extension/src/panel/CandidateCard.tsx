/** One candidate of the grid: its three views, its attenuation, its lights. */
import type { Candidate, WantedConditions } from '@nodulelab/contract';
import { lungRadsText } from '../state/lungRads.ts';
import { conditionsLine, isRare, rareText } from '../state/wishes.ts';
import { checkName, millimetres, signed, textureWord, VERDICT_WORDS } from '../state/words.ts';
import { SliceThumb } from './SliceThumb.tsx';

interface Props {
  readonly candidate: Candidate;
  readonly chosen: boolean;
  readonly onChoose: () => void;
  readonly disabled: boolean;
  readonly favourite: boolean;
  readonly onFavourite: () => void;
  /** Slices of a candidate along each axis. */
  readonly slices: number;
}

const PLANES = ['axial', 'coronal', 'sagittal'] as const;

/** What was measured of it, one light for each, the poor ones told by name to who cannot see them. */
function Lights({ checks }: Pick<Candidate, 'checks'>) {
  return (
    <span className="nl-lights" data-testid="lights">
      {checks.map(({ name, verdict, explanation }) => (
        <i
          key={name}
          className="nl-light"
          data-verdict={verdict}
          role="img"
          aria-label={`${checkName(name)}: ${VERDICT_WORDS[verdict]}`}
          title={`${checkName(name)}: ${VERDICT_WORDS[verdict]}. ${explanation}`}
        />
      ))}
    </span>
  );
}

/** All that its button says to who cannot see it. */
export function candidateName(candidate: Candidate): string {
  const { index, conditions, meanHu } = candidate;
  return [
    `Candidate ${index + 1}, mean ${signed(meanHu)} HU`,
    ...(conditions
      ? [
          `asked to be ${conditionsLine(conditions)}`,
          `an aid: ${lungRadsText(conditions.diameter, conditions.texture)}`,
        ]
      : []),
    ...(isRare(candidate) ? [rareText(candidate)] : []),
  ].join('; ');
}

export function CandidateCard(props: Props) {
  const { candidate, chosen, onChoose, disabled, favourite, onFavourite, slices } = props;
  const { conditions, meanHu } = candidate;
  const name = candidateName(candidate);
  return (
    <div className="nl-card">
      <button
        type="button"
        className="nl-item nl-candidate"
        aria-pressed={chosen}
        title={conditions ? name : undefined}
        onClick={onChoose}
        disabled={disabled}
        data-testid={`candidate-${candidate.index + 1}`}
      >
        <span className="nl-hidden">{name}</span>
        <span className="nl-thumbs">
          {PLANES.map((plane) => (
            <SliceThumb
              key={plane}
              candidateId={candidate.id}
              plane={plane}
              still={candidate.thumbnails[plane]}
              slices={slices}
            />
          ))}
        </span>
        <span className="nl-facts" aria-hidden="true">
          <b>{candidate.index + 1}</b>
          {isRare(candidate) && <i className="nl-few" />}
          {conditions && ` ${millimetres(conditions.diameter)} ${textureWord(conditions.texture)}`}
        </span>
        <span className="nl-facts nl-dim" aria-hidden="true">
          {signed(meanHu)}
          {'\u2009'}HU
          <Lights checks={candidate.checks} />
        </span>
      </button>
      <button
        type="button"
        className="nl-star"
        aria-pressed={favourite}
        aria-label={`Keep candidate ${candidate.index + 1} of seed ${candidate.seed}`}
        title={favourite ? 'Kept; press to let go' : 'Keep this one'}
        onClick={onFavourite}
        data-testid={`favourite-${candidate.index + 1}`}
      >
        {favourite ? '\u2605' : '\u2606'}
      </button>
    </div>
  );
}

/** Beyond size and texture, which the card tells in words. */
const othersOf = ({ diameter: _, texture: __, ...others }: WantedConditions): WantedConditions => others;

/** What the chosen candidate was asked to be. */
export function Asked({ candidate }: { readonly candidate: Candidate }) {
  if (!candidate.conditions) return null;
  return (
    <p className="nl-asked" data-testid="asked">
      <b>{candidate.index + 1}</b> {conditionsLine(othersOf(candidate.conditions), true)}
      {isRare(candidate) && (
        <span className="nl-few-text">Few nodules like this in training: {candidate.support}</span>
      )}
    </p>
  );
}
