/** The nodules that the readers marked in this CT. */
import type { Nodule } from '@nodulelab/contract';
import { useState } from 'react';
import { whyNotAnnotate } from '../service/annotating.ts';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { filtersAnything, passes } from '../state/noduleFilter.ts';
import { type NoduleOrder, ORDER_WORDS, ordered } from '../state/noduleOrder.ts';
import {
  annotationShown,
  chosenModel,
  isActive,
  isRemoved,
  isSynthetic,
  selectedNodule,
  type Session,
} from '../state/session.ts';
import { canBeAsked } from '../state/wishes.ts';
import { describeNodule, malignancyWord, millimetres, textureWord } from '../state/words.ts';
import { AnnotatedActions } from './AnnotatedActions.tsx';
import { AnnotateForm, UnfinishedAnnotation } from './AnnotateForm.tsx';
import { NoduleColumns } from './NoduleColumns.tsx';
import { NoduleFilters } from './NoduleFilters.tsx';
import { Button, Section } from './parts.tsx';
import { ReaderRatings } from './ReaderRatings.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
  readonly next: boolean;
}

interface RowProps {
  readonly nodule: Nodule;
  readonly selected: boolean;
  /** It is gone from this CT, or would be. */
  readonly removed: boolean;
  readonly onSelect: () => void;
}

function Row({ nodule, selected, removed, onSelect }: RowProps) {
  const { consensus } = nodule;
  return (
    <li>
      <button
        type="button"
        className="nl-item nl-nodule"
        aria-pressed={selected}
        title={describeNodule(nodule)}
        data-source={nodule.source}
        data-removed={removed}
        onClick={onSelect}
        data-testid={`nodule-${nodule.number}`}
      >
        {/* The cells are for the eye; read out, they are a sentence. */}
        <span className="nl-hidden">{`${describeNodule(nodule)}${removed ? ', removed' : ''}`}</span>
        <span aria-hidden="true" className={nodule.annotation ? 'nl-own' : 'nl-dim'}>
          {nodule.number}
        </span>
        <b aria-hidden="true">{millimetres(nodule.diameterMm)}</b>
        {removed ? (
          <span aria-hidden="true" className="nl-removed">
            removed
          </span>
        ) : (
          <span aria-hidden="true">{consensus ? textureWord(consensus.texture) : 'not rated'}</span>
        )}
        <span aria-hidden="true" className="nl-figure">
          {consensus ? consensus.malignancy : '\u2013'}
        </span>
        <span aria-hidden="true" className="nl-figure">
          {nodule.readers}
        </span>
      </button>
    </li>
  );
}

interface SelectedProps extends Omit<Props, 'next'> {
  readonly nodule: Nodule;
}

function Selected({ service, session, nodule }: SelectedProps) {
  const [rated, showRatings] = useState(false);
  const busy = isActive(session.job) || session.previewing;
  const askable = canBeAsked(chosenModel(session));
  return (
    <>
      <ReaderRatings
        nodule={nodule}
        shown={session.outlines}
        open={rated}
        onToggleReader={(reader) => service.toggleReader(reader)}
        onToggleConsensus={() => service.toggleConsensus()}
      />
      <div className="nl-field" style={{ marginTop: 2 }}>
        <button
          type="button"
          className="nl-fold nl-small nl-wide"
          style={{ textAlign: 'left' }}
          aria-expanded={rated}
          aria-controls="nl-ratings"
          onClick={() => showRatings(!rated)}
          data-testid="ratings-fold"
        >
          {nodule.consensus ? malignancyWord(nodule.consensus.malignancy) : 'not rated'}
        </button>
        <Button
          disabled={!askable || session.generating || isActive(session.job)}
          onPress={() => service.generation.wantLike(nodule)}
          label="Use as source: this nodule"
          title="Ask for candidates of its size, with its readers' ratings"
          testId="use-as-source"
        >
          Use as source
        </Button>
        <Button
          disabled={busy || isRemoved(session, nodule.id)}
          onPress={() => void service.removal.remove(nodule.id)}
          label="Remove this nodule (healthy twin)"
          title="Healthy twin: preview the CT as if this nodule were not there"
          testId="remove"
        >
          Remove
        </Button>
      </div>
      <AnnotatedActions
        nodule={nodule}
        annotating={service.annotating}
        asked={session.deleting === nodule.id}
        why={whyNotAnnotate(session)}
      />
    </>
  );
}

export function NoduleSection({ service, session, next }: Props) {
  const { nodules, nodulesState, noduleFilter } = session;
  const [choosing, choose] = useState(false);
  const [order, setOrder] = useState<NoduleOrder>('diameter');
  const selected = selectedNodule(session);
  const { annotation } = session;
  const annotated = annotationShown(session);
  const why = whyNotAnnotate(session);
  const shown = ordered(
    nodules.filter((nodule) => passes(nodule, noduleFilter)),
    order,
  );
  return (
    <Section
      number={1}
      title="Nodules"
      next={next}
      aside={
        <>
          {!annotation && session.host && (
            <Button
              disabled={why !== null}
              title={why ?? 'Mark and rate a nodule yourself'}
              onPress={() => service.annotating.begin()}
              testId="annotate"
            >
              Annotate
            </Button>
          )}
          {nodules.length > 1 && (
            <button
              type="button"
              className="nl-fold nl-small"
              aria-expanded={choosing || filtersAnything(noduleFilter)}
              onClick={() => choose(!choosing)}
              data-testid="filters-fold"
            >
              Filter
            </button>
          )}
          {(selected || session.place || isSynthetic(session)) && (
            <Button pressed={session.showContours} onPress={() => service.toggleContours()} testId="contours">
              Outlines
            </Button>
          )}
        </>
      }
    >
      {nodulesState === 'loading' && <p className="nl-dim">Reading{'\u2026'}</p>}
      {nodulesState === 'failed' && (
        <div className="nl-row">
          <p className="nl-dim nl-wide">The nodules could not be read.</p>
          <Button onPress={() => void service.reloadNodules()}>Try again</Button>
        </div>
      )}
      {nodulesState === 'ready' && nodules.length === 0 && !isSynthetic(session) && (
        <p className="nl-dim">None annotated. Any chest CT can still receive a synthetic nodule.</p>
      )}
      {nodules.length > 1 && (choosing || filtersAnything(noduleFilter)) && (
        <NoduleFilters
          filter={noduleFilter}
          shown={shown.length}
          all={nodules.length}
          onChange={(filter) => service.filterNodules(filter)}
        />
      )}
      {nodules.length > 0 && shown.length === 0 && (
        <p className="nl-dim nl-small" data-testid="none-pass">
          No nodule is like that. Choose less, or show all.
        </p>
      )}
      {(nodules.length > 0 || isSynthetic(session)) && <NoduleColumns order={order} onOrder={setOrder} />}
      {session.synthetic
        .filter(({ kind }) => kind === 'insert')
        .map((nodule, n) => (
          <button
            key={n}
            type="button"
            className="nl-item nl-nodule"
            onClick={() => service.showPoint(nodule.centre)}
            data-testid="synthetic-nodule"
          >
            <span className="nl-hidden">{`Synthetic nodule, ${millimetres(nodule.diameterMm)}`}</span>
            <span />
            <b aria-hidden="true">{millimetres(nodule.diameterMm)}</b>
            <span aria-hidden="true" className="nl-synthetic">
              synthetic
            </span>
          </button>
        ))}
      {nodules.length > 0 && (
        <ul className="nl-list" aria-label={`Nodules, ${ORDER_WORDS[order]}`}>
          {shown.map((nodule) => (
            <Row
              key={nodule.id}
              nodule={nodule}
              selected={nodule.id === session.selectedNoduleId}
              removed={isRemoved(session, nodule.id)}
              onSelect={() => service.selectNodule(nodule.id)}
            />
          ))}
        </ul>
      )}
      {selected && !annotated && <Selected service={service} session={session} nodule={selected} />}
      {annotated && (
        <AnnotateForm
          key={annotated.changes?.id ?? 'new'}
          annotating={service.annotating}
          annotation={annotated}
        />
      )}
      {annotation && !annotated && (
        <UnfinishedAnnotation annotating={service.annotating} annotation={annotation} />
      )}
    </Section>
  );
}
