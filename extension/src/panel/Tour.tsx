/** A card beside the part of the panel that it is about. Nothing is locked: who goes on working need not heed it. */
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { type Stop, STOPS } from '../state/tour.ts';
import { Button } from './parts.tsx';

type TourService = Pick<NoduleLabService, 'tour'>;

const GAP = 12;

function targetOf(panel: HTMLElement, { section }: Stop): HTMLElement | null {
  const selector = section === null ? '.nl-next' : `.nl-section[aria-label="${section}"]`;
  return panel.querySelector<HTMLElement>(selector);
}

interface Spot {
  readonly right: number;
  readonly top: number;
}

/** Left of the target, as near to its height as the window allows. */
function spotOf(target: HTMLElement, card: HTMLElement): Spot {
  const { left, top } = target.getBoundingClientRect();
  const lowest = window.innerHeight - card.offsetHeight - GAP;
  return { right: window.innerWidth - left + GAP, top: Math.max(GAP, Math.min(top, lowest)) };
}

function Card({ service, at, panel }: { service: TourService; at: number; panel: HTMLElement }) {
  const stop = STOPS[at]!;
  const card = useRef<HTMLDivElement>(null);
  const [spot, settle] = useState<Spot | null>(null);
  const { tour } = service;

  useLayoutEffect(() => {
    const target = targetOf(panel, stop);
    if (!target) return settle(null);
    target.scrollIntoView({ block: 'nearest' });
    target.dataset['tour'] = 'here';
    const place = (): void => settle(card.current && spotOf(target, card.current));
    place();
    // Sections grow while the user goes on working.
    const grown = new ResizeObserver(place);
    grown.observe(panel);
    grown.observe(target);
    window.addEventListener('resize', place);
    document.addEventListener('scroll', place, true);
    return () => {
      delete target.dataset['tour'];
      grown.disconnect();
      window.removeEventListener('resize', place);
      document.removeEventListener('scroll', place, true);
    };
  }, [panel, stop]);

  // What is hidden takes no focus.
  const placed = spot !== null;
  useEffect(() => {
    if (placed) card.current?.focus({ preventScroll: true });
  }, [placed]);

  const press = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    // Enter and Space press the button that has the focus.
    const presses = event.key === 'Enter' || event.key === ' ';
    if (step === undefined && event.key !== 'Escape' && !presses) return;
    event.stopPropagation();
    if (presses) return;
    event.preventDefault();
    if (step === undefined) tour.end();
    else tour.move(step);
  };

  return (
    <div
      ref={card}
      className="nl nl-tour"
      role="dialog"
      aria-label="Tour"
      aria-describedby="nl-tour-text"
      tabIndex={-1}
      style={spot ?? { right: GAP, top: GAP, visibility: 'hidden' }}
      onKeyDown={press}
      data-testid="tour"
      data-stop={at}
    >
      <div id="nl-tour-text" aria-live="polite">
        <b>{stop.title}</b>
        <p>{stop.text}</p>
      </div>
      <div className="nl-field">
        <span className="nl-wide nl-dim nl-small">
          {at + 1} of {STOPS.length}
        </span>
        <Button onPress={() => tour.end()} testId="tour-skip">
          Skip
        </Button>
        <Button icon label="Back" disabled={at === 0} onPress={() => tour.move(-1)} testId="tour-back">
          {'\u2190'}
        </Button>
        <Button main onPress={() => tour.move(1)} testId="tour-next">
          {at === STOPS.length - 1 ? 'Done' : 'Next'}
        </Button>
      </div>
    </div>
  );
}

/** @param at the stop to show; null while nobody is led */
export function Tour({ service, at }: { readonly service: TourService; readonly at: number | null }) {
  const anchor = useRef<HTMLSpanElement>(null);
  const [panel, setPanel] = useState<HTMLElement | null>(null);
  useEffect(() => setPanel(anchor.current?.closest<HTMLElement>('.nl') ?? null), []);
  return (
    <>
      <span ref={anchor} hidden />
      {at !== null && panel && createPortal(<Card service={service} at={at} panel={panel} />, document.body)}
    </>
  );
}

export function TourButton({ service }: { readonly service: TourService }) {
  return (
    <button
      type="button"
      className="nl-link nl-small nl-tour-start"
      onClick={() => service.tour.start()}
      data-testid="tour-start"
    >
      Show the two-minute tour
    </button>
  );
}
