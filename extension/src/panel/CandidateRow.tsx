/** One candidate: its three views, its attenuation, and what it was asked to be. */
import type { Candidate, WantedConditions } from '@nodulelab/contract';
import { lungRadsText } from '../state/lungRads.ts';
import { conditionsLine, isRare, rareText } from '../state/wishes.ts';
import { millimetres, signed, textureWord } from '../state/words.ts';

interface Props {
  readonly candidate: Candidate;
  readonly chosen: boolean;
  readonly onChoose: () => void;
  readonly disabled: boolean;
}

/** Beyond size and texture, which the row tells in words. */
const othersOf = ({ diameter: _, texture: __, ...others }: WantedConditions): WantedConditions => others;

export function CandidateRow({ candidate, chosen, onChoose, disabled }: Props) {
  const { conditions, meanHu } = candidate;
  const { axial, coronal, sagittal } = candidate.thumbnails;
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
      <img src={axial} alt="" title="axial" />
      <img src={coronal} alt="" title="coronal" />
      <img src={sagittal} alt="" title="sagittal" />
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
  );
}
