/** One candidate: its three views, its attenuation, and what it was asked to be. */
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

/** Beyond size and texture, which the row tells in words. */
const othersOf = ({ diameter: _, texture: __, ...others }: WantedConditions): WantedConditions => others;

export function CandidateRow(props: Props) {
  const { candidate, chosen, onChoose, disabled, favourite, onFavourite, slices } = props;
  const { conditions, meanHu } = candidate;
  const rare = isRare(candidate);
  const name = [
    `Candidate ${candidate.index + 1}, mean ${signed(meanHu)} HU`,
    ...(conditions
      ? [
          `asked to be ${conditionsLine(conditions)}`,
          `an aid: ${lungRadsText(conditions.diameter, conditions.texture)}`,
        ]
      : []),
    ...(rare ? [rareText(candidate)] : []),
  ].join('; ');
  return (
    <div className="nl-candidate-row">
      <button
        type="button"
        className="nl-item nl-candidate"
        aria-pressed={chosen}
        aria-label={name}
        title={conditions ? name : undefined}
        onClick={onChoose}
        disabled={disabled}
        data-testid={`candidate-${candidate.index + 1}`}
      >
        {PLANES.map((plane) => (
          <SliceThumb
            key={plane}
            candidateId={candidate.id}
            plane={plane}
            still={candidate.thumbnails[plane]}
            slices={slices}
          />
        ))}
        <span className="nl-facts nl-small">
          <b>{candidate.index + 1}</b>
          {conditions && ` ${millimetres(conditions.diameter)}`}
          {rare && (
            <>
              {' '}
              <i className="nl-few" />
            </>
          )}
          <br />
          {conditions && (
            <>
              {textureWord(conditions.texture)}
              <br />
            </>
          )}
          <span className="nl-dim">
            {signed(meanHu)}
            {'\u2009'}HU
          </span>
          <Lights checks={candidate.checks} />
        </span>
        {chosen && conditions && (
          <span className="nl-asked" data-testid="asked">
            {conditionsLine(othersOf(conditions), true)}
            {rare && (
              <span className="nl-few-text">Few nodules like this in training: {candidate.support}</span>
            )}
          </span>
        )}
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
