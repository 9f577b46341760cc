/** How the CT is looked at: of a preview the whole, a swipe line or the difference, and its window. */
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { type Look, LOOK_WORDS, type WindowName, WINDOWS } from '../state/looks.ts';
import { editsOf, isActive, type Session } from '../state/session.ts';
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
      <div
        className="nl-row nl-even nl-looks"
        role="group"
        aria-label="How the preview is shown, undo and redo"
      >
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
        <span className="nl-fill" />
        <Button
          icon
          disabled={!session.canUndo || isActive(session.job)}
          label="Undo"
          title="Undo: the place, the size or a whole edit as it was (U)"
          onPress={() => void previews.undo()}
          testId="undo"
        >
          {'\u21b6'}
        </Button>
        <Button
          icon
          disabled={!session.canRedo || isActive(session.job)}
          label="Redo"
          title="Redo (Shift+U)"
          onPress={() => void previews.redo()}
          testId="redo"
        >
          {'\u21b7'}
        </Button>
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

export function Windows({ service }: Pick<Props, 'service'>) {
  return (
    <span className="nl-windows" role="group" aria-label="Window of the CT">
      {WINDOW_NAMES.map((name) => (
        <Button
          key={name}
          onPress={() => service.setWindow(name)}
          label={`${WINDOWS[name].name}: window for the ${name}`}
          title={`Window for the ${name}: width ${WINDOWS[name].width}, level ${WINDOWS[name].level} HU`}
          testId={`window-${name}`}
        >
          {WINDOWS[name].name}
        </Button>
      ))}
    </span>
  );
}
