/** A synthetic series is on the screen: what it is, and the ways on. */
import type { NoduleLabService } from '../service/noduleLabService.ts';
import type { Session } from '../state/session.ts';
import { Button } from './parts.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
}

export function Written({ service, session }: Props) {
  const { synthetic, accepted, host } = session;
  const last = synthetic.at(-1);
  const fresh = accepted !== null && accepted.seriesInstanceUID === host?.seriesInstanceUID;
  return (
    <>
      <div className="nl-note nl-good" data-testid="written">
        {fresh
          ? `Written beside the untouched original: this CT of ${accepted.instances} slices, its segmentation (SEG) and its report (SR), all marked synthetic.`
          : 'Synthetic CT: a series beside the untouched original, with a segmentation and a report of its own.'}
        <div className="nl-row" style={{ marginTop: 6 }}>
          {last && (
            <Button onPress={() => service.showPoint(last.centre)} testId="show-synthetic">
              {synthetic.length > 1 ? 'Go to the last edit' : 'Go to it'}
            </Button>
          )}
          <Button main onPress={() => void service.acceptance.showSource()} testId="show-source">
            Show the original
          </Button>
        </div>
      </div>
      <p className="nl-dim nl-small" style={{ marginTop: 8 }}>
        To edit it further, place or remove a nodule: the result is a new series again.
      </p>
    </>
  );
}
