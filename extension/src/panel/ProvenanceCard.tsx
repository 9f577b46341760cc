/** Where the CT on the screen comes from, on demand, with the ways to its source and to what was made of it. */
import type { Edit, SeriesLink, SeriesProvenance } from '@nodulelab/contract';
import { useState } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import {
  editTitle,
  madeBy,
  modelHash,
  originLine,
  signatureOf,
  type SyntheticProvenance,
  writtenText,
} from '../state/provenanceWords.ts';
import { Button } from './parts.tsx';

export interface ProvenanceProps {
  readonly service: Pick<NoduleLabService, 'origins' | 'showPoint'>;
  readonly provenance: SeriesProvenance;
}

type Part<P> = P & Pick<ProvenanceProps, 'service'>;

function Made({ service, edit, number }: Part<{ readonly edit: Edit; readonly number: number }>) {
  const hash = modelHash(edit);
  return (
    <li>
      <span className="nl-field">
        <b className="nl-wide">{editTitle(edit)}</b>
        <Button onPress={() => service.showPoint(edit.centre)} label={`Go to edit ${number}`}>
          Go to
        </Button>
      </span>
      <span className="nl-dim">
        {madeBy(edit)}
        {hash && (
          <>
            {' '}
            SHA-256 <code>{hash}</code>
          </>
        )}
      </span>
    </li>
  );
}

function Links({ service, links }: Part<{ readonly links: readonly SeriesLink[] }>) {
  return (
    <ul className="nl-links">
      {links.map(({ seriesInstanceUID, summary, writtenAt }) => (
        <li key={seriesInstanceUID} className="nl-field">
          <span className="nl-wide">
            {summary} <span className="nl-dim">{writtenText(writtenAt)}</span>
          </span>
          <Button
            onPress={() => void service.origins.open(seriesInstanceUID)}
            label={`Open: ${summary}`}
            testId="open-made"
          >
            Open
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Source({ service, provenance }: Part<{ readonly provenance: SyntheticProvenance }>) {
  const { source } = provenance;
  if (source === null) return <>not named</>;
  return (
    <span className="nl-field">
      <span className="nl-wide">
        {source.description === null
          ? 'a series that was not imported here'
          : source.description || 'CT without a description'}
        {!source.inArchive && ' (not in the archive)'}
      </span>
      {source.inArchive && (
        <Button
          onPress={() => void service.origins.open(source.seriesInstanceUID)}
          label="Open the original"
          testId="open-source"
        >
          Open
        </Button>
      )}
    </span>
  );
}

function Synthetic({ service, provenance }: Part<{ readonly provenance: SyntheticProvenance }>) {
  const { edits, earlier, goesOnFrom, writtenAt, codeVersion, registered, verification } = provenance;
  const signature = signatureOf(provenance);
  return (
    <>
      {verification?.verdict === 'altered' && (
        <p className="nl-note nl-bad" role="alert">
          Changed after it was signed: do not rely on it.
        </p>
      )}
      {!registered && <p>Not written here: this is what its slices say of themselves.</p>}
      {edits ? (
        <ol>
          {edits.map((edit, n) => (
            <Made key={edit.huSha256 + n} service={service} edit={edit} number={n + 1} />
          ))}
        </ol>
      ) : (
        <p>
          {earlier
            ? `Nodule of ${earlier.diameterMm.toFixed(1)}\u2009mm from candidate ${earlier.candidateId}.`
            : 'Its edits were not recorded whole.'}
        </p>
      )}
      <dl>
        <dt>Original</dt>
        <dd>
          <Source service={service} provenance={provenance} />
        </dd>
        {goesOnFrom && (
          <>
            <dt>Goes on from</dt>
            <dd>
              <Links service={service} links={[goesOnFrom]} />
            </dd>
          </>
        )}
        <dt>Written</dt>
        <dd>
          {writtenAt === null ? 'not known' : writtenText(writtenAt)}
          {codeVersion !== null && ` by NoduleLab ${codeVersion}`}
        </dd>
        <dt>Signature</dt>
        <dd data-testid="signature" data-state={signature.state}>
          <b className={signature.state === 'broken' ? 'nl-bad-text' : ''}>{signature.word}</b>{' '}
          <span className="nl-dim">{signature.explanation}</span>
        </dd>
      </dl>
    </>
  );
}

export function ProvenanceCard({ service, provenance }: ProvenanceProps) {
  const { madeOfIt } = provenance;
  return (
    <div className="nl-provenance nl-small" data-testid="provenance-card">
      {provenance.kind === 'synthetic' && <Synthetic service={service} provenance={provenance} />}
      {madeOfIt.length > 0 && (
        <>
          {provenance.kind === 'synthetic' && <p>Made of it:</p>}
          <Links service={service} links={madeOfIt} />
        </>
      )}
    </div>
  );
}

/** One line, and the card below it when it is asked for; nothing for a CT that nothing was made of. */
export function Origin({
  service,
  provenance,
}: Pick<ProvenanceProps, 'service'> & { readonly provenance: SeriesProvenance | null }) {
  const [open, fold] = useState(false);
  const line = provenance && originLine(provenance);
  if (!provenance || line === null) return null;
  const synthetic = provenance.kind === 'synthetic';
  return (
    <section
      className="nl-origin"
      aria-label="Where this series comes from"
      data-testid="origin"
      data-series={provenance.seriesInstanceUID}
    >
      <div className="nl-field nl-small">
        {synthetic && <b className="nl-mark">SYNTHETIC</b>}
        <span className="nl-wide nl-origin-line" title={line}>
          {line}
        </span>
        <button
          type="button"
          className="nl-fold"
          aria-expanded={open}
          aria-controls="nl-provenance"
          onClick={() => fold(!open)}
          data-testid="provenance-fold"
        >
          {synthetic ? 'Provenance' : 'Show'}
        </button>
      </div>
      <div id="nl-provenance" hidden={!open}>
        {open && <ProvenanceCard service={service} provenance={provenance} />}
      </div>
    </section>
  );
}
