/** What the shades over the CT mean. */
import { GUARD_LABELS } from '@nodulelab/contract';
import { useEffect, useRef } from 'react';
import { GUARD_LOOKS, paintLabels, SHOWN_LABELS, type ShownLabel, TILE } from '../state/guardLook.ts';
import type { Session } from '../state/session.ts';
import { millimetres } from '../state/words.ts';

const SWATCH = { width: 3 * TILE, height: 2 * TILE } as const;

/** Painted by the same hand as the shades themselves. */
function Swatch({ label }: { label: ShownLabel }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const image = new ImageData(SWATCH.width, SWATCH.height);
    const labels = new Uint8Array(SWATCH.width * SWATCH.height).fill(GUARD_LABELS[label]);
    paintLabels(labels, SWATCH.width, new Uint32Array(image.data.buffer));
    canvas.current?.getContext('2d')?.putImageData(image, 0, 0);
  }, [label]);
  return <canvas ref={canvas} {...SWATCH} aria-hidden="true" />;
}

function sentence({ guard, guardLoading, guardProblem, diameterMm }: Session): string {
  if (guardProblem) return guardProblem;
  if (guardLoading || !guard) return `Working it out for ${millimetres(diameterMm)}\u2026`;
  const litres = `${Math.round(guard.allowedMl).toLocaleString('en')}\u2009mL`;
  return guard.allowedMl > 0
    ? `${litres} of lung may hold the centre of ${millimetres(diameterMm)}.`
    : `No place for ${millimetres(diameterMm)} of this kind.`;
}

export function GuardLegend({ session }: { readonly session: Session }) {
  const element = useRef<HTMLDivElement>(null);
  // On a low screen it opens below the fold.
  useEffect(() => {
    element.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div
      ref={element}
      className="nl-legend nl-small"
      data-testid="guard-legend"
      data-ready={session.guard !== null}
    >
      <ul>
        {SHOWN_LABELS.map((label) => (
          <li key={label}>
            <Swatch label={label} />
            {GUARD_LOOKS[label].words}
          </li>
        ))}
      </ul>
      <p className="nl-dim" role="status">
        {sentence(session)}
      </p>
    </div>
  );
}
