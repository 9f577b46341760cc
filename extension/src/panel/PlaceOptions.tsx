/** How the candidate lies there, beyond place and size: its attenuation and its turn. */
import type { PointLps } from '@nodulelab/contract';
import { useEffect, useRef } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { isActive, MEAN_HU, type Session } from '../state/session.ts';
import { signed } from '../state/words.ts';
import { Button } from './parts.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
}

/** Axes of the patient, as the turn counts them. */
const AXES = [
  ['L', 'right to left'],
  ['P', 'front to back'],
  ['S', 'foot to head'],
] as const;
const STEP_DEG = 15;

const quarter = (angle: number): number => ((angle + 90 + 180) % 360) - 180;

function Attenuation({ service, session }: Props) {
  const { placement } = service;
  const { meanHu } = session;
  const busy = isActive(session.job);
  return (
    <div className="nl-field nl-option">
      <label className="nl-field" title="Off: as dense as the candidate was made">
        <input
          type="checkbox"
          checked={meanHu !== null}
          disabled={busy}
          onChange={(event) => placement.setMeanHu(event.target.checked ? MEAN_HU.usual : null)}
          data-testid="attenuation"
        />
        Mean HU
      </label>
      {meanHu === null ? (
        <span className="nl-dim nl-wide" style={{ textAlign: 'right' }}>
          as the candidate
        </span>
      ) : (
        <>
          <input
            type="range"
            min={MEAN_HU.least}
            max={MEAN_HU.most}
            step={10}
            value={meanHu}
            disabled={busy}
            aria-label="Wanted mean HU"
            aria-valuetext={`${signed(meanHu)} HU`}
            onChange={(event) => placement.setMeanHu(event.target.valueAsNumber)}
            data-testid="mean-hu"
          />
          <output style={{ minWidth: 58, textAlign: 'right' }}>{signed(meanHu)} HU</output>
        </>
      )}
    </div>
  );
}

function Turn({ service, session }: Props) {
  const { placement } = service;
  const { turnDeg } = session;
  const busy = isActive(session.job);
  const set = (axis: number, angle: number): void =>
    placement.setTurn(turnDeg.map((value, n) => (n === axis ? angle : value)) as PointLps);
  return (
    <div className="nl-field nl-option" role="group" aria-label="Turn, degrees">
      <span className="nl-wide">Turn{'\u2009'}°</span>
      {AXES.map(([axis, along], n) => (
        <label key={axis} className="nl-field" title={`About the axis from ${along}, degrees`}>
          <span className="nl-dim">{axis}</span>
          <input
            type="number"
            min={-180}
            max={180}
            step={STEP_DEG}
            value={turnDeg[n]}
            disabled={busy}
            aria-label={`About the axis from ${along}`}
            style={{ width: 52 }}
            onChange={(event) => set(n, event.target.valueAsNumber)}
            data-testid={`turn-${axis}`}
          />
        </label>
      ))}
      <Button
        label="+90: a quarter turn about the long axis of the body"
        title="A quarter turn about the long axis of the body"
        disabled={busy}
        onPress={() => set(2, quarter(turnDeg[2]))}
        testId="quarter-turn"
      >
        +90
      </Button>
    </div>
  );
}

export function PlaceOptions(props: Props) {
  const element = useRef<HTMLDivElement>(null);
  // On a low screen it opens below the fold.
  useEffect(() => {
    element.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div ref={element} id="nl-place-options" data-testid="place-options">
      <Attenuation {...props} />
      <Turn {...props} />
    </div>
  );
}
