/** The nodules that the readers marked in this CT. */
import type { Nodule } from '@nodulelab/contract';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { isActive, isRemoved, isSynthetic, selectedNodule, type Session } from '../state/session.ts';
import { describeNodule, malignancyWord, millimetres, textureWord } from '../state/words.ts';
import { readerColour } from '../viewer/scene.ts';
import { Button, Section } from './parts.tsx';

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
        aria-label={`${describeNodule(nodule)}${removed ? ', removed' : ''}`}
        title={describeNodule(nodule)}
        data-removed={removed}
        onClick={onSelect}
        data-testid={`nodule-${nodule.number}`}
      >
        <span className="nl-dim">{nodule.number}</span>
        <b>{millimetres(nodule.diameterMm)}</b>
        {removed ? (
          <span className="nl-removed">removed</span>
        ) : (
          <span>{consensus ? textureWord(consensus.texture) : 'not rated'}</span>
        )}
        <span className="nl-figure">{consensus ? consensus.malignancy : '\u2013'}</span>
        <span className="nl-figure">{nodule.readers}</span>
      </button>
    </li>
  );
}

interface SelectedProps extends Omit<Props, 'next'> {
  readonly nodule: Nodule;
}

function Selected({ service, session, nodule }: SelectedProps) {
  const readers = [...new Set(nodule.marks.map((mark) => mark.reader))];
  return (
    <>
      <p className="nl-small nl-dim" style={{ marginTop: 4 }}>
        {readers.map((reader) => (
          <span key={reader} style={{ marginRight: 9, whiteSpace: 'nowrap' }}>
            <i className="nl-swatch" style={{ background: readerColour(reader) }} />
            reader {reader + 1}
          </span>
        ))}
      </p>
      <div className="nl-field" style={{ marginTop: 2 }}>
        <span className="nl-small nl-dim nl-wide">
          {nodule.consensus && `Malignancy: ${malignancyWord(nodule.consensus.malignancy)}`}
        </span>
        <Button
          disabled={isActive(session.job) || session.previewing || isRemoved(session, nodule.id)}
          onPress={() => void service.removal.remove(nodule.id)}
          label="Remove this nodule (healthy twin)"
          title="Healthy twin: preview the CT as if this nodule were not there"
          testId="remove"
        >
          Remove
        </Button>
      </div>
    </>
  );
}

export function NoduleSection({ service, session, next }: Props) {
  const { nodules, nodulesState } = session;
  const selected = selectedNodule(session);
  return (
    <Section
      number={1}
      title="Nodules in this CT"
      next={next}
      aside={
        (selected || session.place || isSynthetic(session)) && (
          <Button pressed={session.showContours} onPress={() => service.toggleContours()} testId="contours">
            Outlines
          </Button>
        )
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
      {(nodules.length > 0 || isSynthetic(session)) && (
        <div className="nl-nodule nl-head nl-small nl-dim" aria-hidden="true">
          <span />
          <span>diameter</span>
          <span>texture</span>
          <span className="nl-figure">malignancy</span>
          <span className="nl-figure">readers</span>
        </div>
      )}
      {session.synthetic
        .filter(({ kind }) => kind === 'insert')
        .map((nodule, n) => (
          <button
            key={n}
            type="button"
            className="nl-item nl-nodule"
            aria-label={`Synthetic nodule, ${millimetres(nodule.diameterMm)}`}
            onClick={() => service.showPoint(nodule.centre)}
            data-testid="synthetic-nodule"
          >
            <span />
            <b>{millimetres(nodule.diameterMm)}</b>
            <span className="nl-synthetic">synthetic</span>
          </button>
        ))}
      {nodules.length > 0 && (
        <ul className="nl-list" aria-label="Nodules, largest first">
          {nodules.map((nodule) => (
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
      {selected && <Selected service={service} session={session} nodule={selected} />}
    </Section>
  );
}
