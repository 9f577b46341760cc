/** Where the chosen candidate goes, and how large it is. */
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { DIAMETER, isActive, isSynthetic, type Session } from '../state/session.ts';
import { millimetres } from '../state/words.ts';
import { Button, Section } from './parts.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
  readonly next: boolean;
}

export function PlaceSection({ service, session, next }: Props) {
  const { placement } = service;
  const { place } = session;
  const blocked =
    !session.host ||
    session.chosenCandidateId === null ||
    isActive(session.job) ||
    isSynthetic(session) ||
    session.proposing;
  return (
    <Section number={3} title="Place and size" next={next}>
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
          main={next && !place}
          onPress={() => void placement.propose()}
          title="The program chooses a place in the lung"
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
    </Section>
  );
}
