/** Where the chosen candidate goes and how large it is; below, once there is a preview, whether it is good. */
import { PlacementSetting } from '@nodulelab/contract';
import { useState } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { chosenCandidate, DIAMETER, isActive, type Session, sizeOf } from '../state/session.ts';
import type { Step } from '../state/nextStep.ts';
import { placeLine } from '../state/proposals.ts';
import { millimetres, SETTING_WORDS } from '../state/words.ts';
import { GuardLegend } from './GuardLegend.tsx';
import { Windows } from './LookRow.tsx';
import { Button, Section } from './parts.tsx';
import { PlaceOptions } from './PlaceOptions.tsx';
import { hasVerdict, Verdict } from './Verdict.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
}

interface SectionProps extends Props {
  readonly step: Step | null;
}

/** The choices of a list are texts; that of any place is the empty one. */
function settingOf(text: string): PlacementSetting | null {
  const parsed = PlacementSetting.safeParse(text);
  return parsed.success ? parsed.data : null;
}

function Kind({ service, session }: Props) {
  return (
    <div className="nl-field nl-option">
      <select
        className="nl-wide"
        aria-label="Kind of place"
        title="The only kind of place that is taken"
        value={session.setting ?? ''}
        disabled={isActive(session.job)}
        onChange={(event) => service.placement.setSetting(settingOf(event.target.value))}
        data-testid="setting"
      >
        <option value="">anywhere in the lung</option>
        {PlacementSetting.options.map((setting) => (
          <option key={setting} value={setting}>
            {SETTING_WORDS[setting]}
          </option>
        ))}
      </select>
      <Button
        pressed={session.guardShown}
        disabled={!session.host}
        onPress={() => service.guard.toggle()}
        title="Shades the CT by where a nodule of this size and kind of place may be centred"
        testId="guard"
      >
        Where may it go?
      </Button>
    </div>
  );
}

/** Which of the proposed places is looked at, while it is: a click elsewhere is a place of one's own. */
function Proposed({ service, session, disabled }: Props & { readonly disabled: boolean }) {
  const { proposed, place } = session;
  const shown = proposed?.places[proposed.at];
  if (!proposed || !shown || !place || shown.centre.some((value, axis) => value !== place[axis])) return null;
  const others = proposed.places.length > 1;
  return (
    <div className="nl-field nl-small nl-proposed" aria-live="polite" data-testid="proposed">
      <span className="nl-wide">
        Place {proposed.at + 1} of {proposed.places.length}: {placeLine(shown)}
      </span>
      {others && (
        <>
          <Button
            icon
            disabled={disabled}
            label="The place before"
            title="The place before"
            onPress={() => void service.placement.proposeOther(-1)}
            testId="proposed-before"
          >
            {'\u2039'}
          </Button>
          <Button
            icon
            disabled={disabled}
            label="The next best place"
            title="The next best place"
            onPress={() => void service.placement.proposeOther(1)}
            testId="proposed-next"
          >
            {'\u203a'}
          </Button>
        </>
      )}
    </div>
  );
}

export function PlaceSection({ service, session, step }: SectionProps) {
  const { placement } = service;
  const { place } = session;
  const [more, setMore] = useState(false);
  const changed = session.meanHu !== null || session.turnDeg.some((angle) => angle !== 0);
  const madeFor = sizeOf(chosenCandidate(session));
  const blocked =
    !session.host || session.chosenCandidateId === null || isActive(session.job) || session.proposing;
  return (
    <Section
      number={3}
      title="Place"
      next={step === 'place' || step === 'accept'}
      aside={
        <>
          <Windows service={service} />
          <button
            type="button"
            className="nl-fold nl-small"
            aria-expanded={more}
            aria-controls="nl-place-options"
            onClick={() => setMore(!more)}
            data-testid="more"
          >
            {more ? 'Less' : changed ? 'More (changed)' : 'More'}
          </button>
        </>
      }
    >
      <div className="nl-thirds">
        <Button
          disabled={blocked}
          pressed={session.picking}
          onPress={() => placement.pick(!session.picking)}
          title="The next click in any of the planes sets the place"
          testId="pick"
        >
          {session.picking ? 'Click in the CT\u2026' : 'Click a place'}
        </Button>
        <Button
          disabled={blocked}
          main={step === 'place' && !place}
          onPress={() => void placement.propose()}
          title="The best place of the chosen kind; again for the next best"
          testId="propose"
        >
          Propose
        </Button>
        <Button
          disabled={blocked}
          onPress={() => void placement.placeAtCrosshair()}
          title="Use the point where the three planes meet (the crosshairs)"
          testId="crosshair"
        >
          Crosshairs
        </Button>
      </div>
      <Proposed service={service} session={session} disabled={blocked} />
      <label className="nl-field" style={{ marginTop: 6 }}>
        Diameter
        <input
          type="range"
          min={DIAMETER.least}
          max={DIAMETER.most}
          step={0.5}
          value={session.diameterMm}
          disabled={isActive(session.job)}
          aria-valuetext={millimetres(session.diameterMm)}
          onChange={(event) => placement.setDiameter(event.target.valueAsNumber)}
          data-testid="diameter"
        />
        <output style={{ minWidth: 56, textAlign: 'right' }}>{millimetres(session.diameterMm)}</output>
      </label>
      {madeFor !== null && madeFor !== session.diameterMm && (
        <p className="nl-small nl-dim nl-field" data-testid="made-for">
          <span className="nl-wide">The candidate was made for {millimetres(madeFor)}.</span>
          <button
            type="button"
            className="nl-link"
            disabled={isActive(session.job)}
            onClick={() => placement.setDiameter(madeFor)}
            data-testid="made-for-use"
          >
            Use that
          </button>
        </p>
      )}
      <Kind service={service} session={session} />
      {session.guardShown && <GuardLegend session={session} />}
      {more && <PlaceOptions service={service} session={session} />}
      {hasVerdict(session) && <Verdict service={service} session={session} next={step === 'accept'} />}
    </Section>
  );
}
