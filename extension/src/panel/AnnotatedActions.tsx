/** What can be done with a nodule that was marked here, beyond what can be done with all of them. */
import type { Nodule } from '@nodulelab/contract';
import { useEffect, useRef } from 'react';
import type { Annotating } from '../service/annotating.ts';
import { Button } from './parts.tsx';

interface Props {
  readonly nodule: Nodule;
  readonly annotating: Annotating;
  /** Its deletion waits for an answer. */
  readonly asked: boolean;
  /** Why not now; null where it can be changed. */
  readonly why: string | null;
}

const dayOf = (iso: string): string => iso.slice(0, 10);

export function AnnotatedActions({ nodule, annotating, asked, why }: Props) {
  const { annotation } = nodule;
  const question = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (asked) question.current?.querySelector('button')?.focus();
  }, [asked]);
  if (!annotation) return null;
  const { author, revision, writtenAt } = annotation;
  if (asked)
    return (
      <div
        ref={question}
        className="nl-note nl-row"
        role="alert"
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          annotating.askDelete(null);
        }}
        data-testid="delete-question"
      >
        <span className="nl-wide">
          Delete nodule {nodule.number} with its segmentation and report from the archive?
        </span>
        <Button onPress={() => annotating.askDelete(null)} testId="delete-keep">
          Keep
        </Button>
        <Button onPress={() => void annotating.delete()} testId="delete-confirm">
          Delete
        </Button>
      </div>
    );
  return (
    <div className="nl-field" style={{ marginTop: 2 }}>
      <span className="nl-small nl-dim nl-wide" data-testid="annotated-by">
        Marked by {author}, {dayOf(writtenAt)}
        {revision > 1 ? `, changed ${revision - 1}\u00d7` : ''}
      </span>
      <Button
        disabled={why !== null}
        title={why ?? 'Draw or rate it anew'}
        label="Change this nodule"
        onPress={() => annotating.change(nodule.id)}
        testId="annotated-change"
      >
        Change
      </Button>
      <Button
        disabled={why !== null}
        title={why ?? 'Takes its segmentation and report out of the archive'}
        label="Delete this nodule"
        onPress={() => annotating.askDelete(nodule.id)}
        testId="annotated-delete"
      >
        Delete
      </Button>
    </div>
  );
}
