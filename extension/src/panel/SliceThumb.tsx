/** A view of a candidate; the pointer over it scrolls through all slices, left to right. */
import { routes, type SlicePlane } from '@nodulelab/contract';
import { type PointerEvent, useState } from 'react';
import { pathOf } from '../api/client.ts';
import { sliceAt, tileOf } from '../state/slices.ts';

interface Props {
  readonly candidateId: string;
  readonly plane: SlicePlane;
  /** Data URL of the middle slice. */
  readonly still: string;
  /** Slices along the plane's axis. */
  readonly slices: number;
}

export function SliceThumb({ candidateId, plane, still, slices }: Props) {
  const [slice, scrollTo] = useState<number | null>(null);
  const scroll = ({ currentTarget, clientX }: PointerEvent): void => {
    const { left, width } = currentTarget.getBoundingClientRect();
    scrollTo(sliceAt((clientX - left) / width, slices));
  };
  const { columns, x, y } = tileOf(slice ?? 0, slices);
  return (
    <span
      className="nl-thumb"
      title={`${plane}; move over it to scroll`}
      onPointerMove={scroll}
      onPointerLeave={() => scrollTo(null)}
      data-slice={slice ?? undefined}
    >
      <img src={still} alt="" />
      {slice !== null && (
        <span
          className="nl-slice"
          style={{
            backgroundImage: `url("${pathOf('/api', routes.candidateSlices.path, { id: candidateId, plane })}")`,
            backgroundSize: `${columns * 100}%`,
            backgroundPosition: `${x}% ${y}%`,
          }}
        />
      )}
    </span>
  );
}
