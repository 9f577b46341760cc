/** What accepting would write, in order; the last edit can be taken back. */
import type { Preview, QualityCheck } from '@nodulelab/contract';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { editsOf, type Session } from '../state/session.ts';
import { editLine } from '../state/words.ts';
import { Light } from './Checks.tsx';
import { Button } from './parts.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
}

/** What could not be measured does not hide what could. */
const ORDER = ['bad', 'fair', 'good'] as const;

const worstOf = ({ checks }: Preview): QualityCheck['verdict'] =>
  ORDER.find((verdict) => checks.some((check) => check.verdict === verdict)) ?? 'unknown';

export function EditList({ service, session }: Props) {
  const edits = editsOf(session);
  if (session.stack.length === 0) return null;
  return (
    <ol className="nl-edits nl-small" aria-label="What will be written" data-testid="edits">
      {edits.map((edit, n) => (
        <li key={edit.id} data-kind={edit.edit.kind}>
          <Light verdict={worstOf(edit)} />
          <button
            type="button"
            className="nl-check nl-wide"
            onClick={() => service.showPoint(edit.centre)}
            title="Go to it"
          >
            {n + 1}. {editLine(edit, session.nodules)}
          </button>
          {n === edits.length - 1 && (
            <Button
              icon
              label="Take back the last"
              title="Take back the last"
              onPress={() => void service.previews.removeLast()}
              testId="remove-last"
            >
              {'\u00d7'}
            </Button>
          )}
        </li>
      ))}
    </ol>
  );
}
