/** How the CT is looked at: its window, and of the preview the whole, a swipe line or the difference. */
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { type Look, LOOK_WORDS, type WindowName, WINDOWS } from '../state/looks.ts';
import { editsOf, type Session } from '../state/session.ts';
import { Button } from './parts.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
}

const LOOKS = Object.keys(LOOK_WORDS) as Look[];
const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];

export function LookRow({ service, session }: Props) {
  const { previews } = service;
  const nothing = editsOf(session).length === 0;
  return (
    <>
      <div className="nl-row nl-even nl-looks" role="group" aria-label="How the preview is shown">
        {LOOKS.map((look) => (
          <Button
            key={look}
            disabled={nothing}
            pressed={!nothing && session.previewShown && session.look === look}
            onPress={() => previews.lookAt(look)}
            title={LOOK_WORDS[look][1]}
            testId={`look-${look}`}
          >
            {LOOK_WORDS[look][0]}
          </Button>
        ))}
        {WINDOW_NAMES.map((name) => (
          <Button
            key={name}
            onPress={() => service.setWindow(name)}
            label={`Window for the ${name}`}
            title={`Window for the ${name}: width ${WINDOWS[name].width}, level ${WINDOWS[name].level} HU`}
            testId={`window-${name}`}
          >
            {WINDOWS[name].name}
          </Button>
        ))}
      </div>
      {session.look === 'swipe' && !nothing && (
        <label className="nl-field">
          <span className="nl-small nl-dim">Original</span>
          <input
            type="range"
            min={0}
            max={1}
            step={0.01}
            value={session.swipe}
            aria-label="Swipe line, from the original to the preview"
            onChange={(event) => previews.swipeTo(event.target.valueAsNumber)}
            data-testid="swipe"
          />
          <span className="nl-small nl-dim">Preview</span>
        </label>
      )}
    </>
  );
}
