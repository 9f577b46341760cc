/** Marking a nodule oneself: drawn, rated, signed and saved; nothing is lost without a question. */
import { useEffect, useRef } from 'react';
import type { Annotating } from '../service/annotating.ts';
import { type Annotation, SCALES, unrated } from '../state/annotation.ts';
import { DrawWays } from './DrawWays.tsx';
import { Button } from './parts.tsx';
import { RatingForm } from './RatingForm.tsx';

interface Props {
  readonly annotating: Annotating;
  readonly annotation: Annotation;
}

function Leaving({ annotating }: Pick<Props, 'annotating'>) {
  const question = useRef<HTMLDivElement>(null);
  useEffect(() => {
    question.current?.querySelector('button')?.focus();
  }, []);
  return (
    <div ref={question} className="nl-note nl-row" role="alert" data-testid="annotate-leaving">
      <span className="nl-wide">What you drew and rated is not saved. Discard it?</span>
      <Button onPress={() => annotating.keep()} testId="annotate-keep">
        Go on
      </Button>
      <Button onPress={() => annotating.discard()} testId="annotate-discard">
        Discard
      </Button>
    </div>
  );
}

export function AnnotateForm({ annotating, annotation }: Props) {
  const { author, changes, dirty, leaving, problem, ratings, saving, tried } = annotation;
  const form = useRef<HTMLFormElement>(null);
  const open = unrated(annotation).length;
  useEffect(() => {
    form.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  useEffect(() => {
    // To where something is missing.
    if (tried && problem !== null)
      form.current
        ?.querySelector<HTMLElement>('[role=radiogroup][aria-invalid=true] input, input[aria-invalid=true]')
        ?.focus();
  }, [tried, problem]);
  return (
    <form
      ref={form}
      className="nl-annotate"
      aria-label={changes ? `Change nodule ${changes.number}` : 'New nodule'}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void annotating.save();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        if (leaving) annotating.keep();
        else annotating.cancel();
      }}
      data-testid="annotate-form"
    >
      <h4>
        {changes ? `Change nodule ${changes.number}` : 'New nodule'}
        {dirty && (
          <span className="nl-unsaved" data-testid="annotate-unsaved">
            not saved
          </span>
        )}
      </h4>
      <DrawWays annotating={annotating} annotation={annotation} />
      <RatingForm
        ratings={ratings}
        pointOut={tried}
        disabled={saving}
        onRate={(name, value) => annotating.rate(name, value)}
      />
      <label className="nl-who">
        <span>Reader</span>
        <input
          type="text"
          value={author}
          maxLength={64}
          disabled={saving}
          placeholder="Your name, for the report"
          aria-invalid={tried && author.trim() === ''}
          autoComplete="name"
          onChange={(event) => annotating.setAuthor(event.target.value)}
          data-testid="annotate-author"
        />
      </label>
      {problem !== null && (
        <div className="nl-note nl-bad" role="alert" data-testid="annotate-problem">
          {problem}
        </div>
      )}
      {leaving ? (
        <Leaving annotating={annotating} />
      ) : (
        <div className="nl-field">
          <button
            type="submit"
            className="nl-button nl-main nl-wide"
            disabled={saving}
            title="Writes a segmentation and a report beside the CT"
            data-testid="annotate-save"
          >
            {saving ? 'Saving\u2026' : 'Save'}
          </button>
          <Button disabled={saving} onPress={() => annotating.cancel()} testId="annotate-cancel">
            Cancel
          </Button>
          <span className="nl-dim nl-small" data-testid="annotate-rated">
            {SCALES.length - open} of {SCALES.length} rated
          </span>
        </div>
      )}
    </form>
  );
}

/** Another series is on the screen: the unfinished annotation says where it is. */
export function UnfinishedAnnotation({ annotating, annotation }: Props) {
  return (
    <div className="nl-note nl-row" role="status" data-testid="annotate-elsewhere">
      <span className="nl-wide">
        Your annotation in {annotation.host.description || 'another CT'} is not saved.
      </span>
      {annotation.leaving ? (
        <Leaving annotating={annotating} />
      ) : (
        <>
          <Button onPress={() => void annotating.showHost()} testId="annotate-back">
            Back to it
          </Button>
          <Button onPress={() => annotating.cancel()}>Discard</Button>
        </>
      )}
    </div>
  );
}
