/** What each reader said of a nodule, side by side, and whose outlines are drawn. */
import type { Characteristics, Nodule } from '@nodulelab/contract';
import { type OutlinesShown, readersOf } from '../state/outlines.ts';
import { readerColour } from '../viewer/scene.ts';

interface Props {
  readonly nodule: Nodule;
  readonly shown: OutlinesShown;
  /** With the ratings; folded, only whose outlines are drawn. */
  readonly open: boolean;
  readonly onToggleReader: (reader: number) => void;
  readonly onToggleConsensus: () => void;
}

/** In the order of the LIDC form, with the ends of each scale. */
const ROWS: readonly (readonly [keyof Characteristics, string, string])[] = [
  ['malignancy', 'Malignancy', '1 highly unlikely to 5 highly suspicious'],
  ['texture', 'Texture', '1 ground glass, 3 part-solid, 5 solid'],
  ['spiculation', 'Spiculation', '1 none to 5 marked'],
  ['lobulation', 'Lobulation', '1 none to 5 marked'],
  ['margin', 'Margin', '1 poorly defined to 5 sharp'],
  ['sphericity', 'Sphericity', '1 linear, 3 ovoid, 5 round'],
  ['subtlety', 'Subtlety', '1 extremely subtle to 5 obvious'],
  ['calcification', 'Calcification', '1 popcorn, 2 laminated, 3 solid, 4 non-central, 5 central, 6 absent'],
  ['internalStructure', 'Inside', '1 soft tissue, 2 fluid, 3 fat, 4 air'],
];

export function ReaderRatings({ nodule, shown, open, onToggleReader, onToggleConsensus }: Props) {
  const readers = readersOf(nodule);
  const of = (reader: number): Characteristics | null =>
    nodule.marks.find((mark) => mark.reader === reader && mark.characteristics !== null)?.characteristics ??
    null;
  return (
    <table className="nl-ratings nl-small" data-testid="ratings">
      <caption className="nl-hidden">
        Ratings of the readers; the buttons show and hide their outlines
      </caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="nl-hidden">Characteristic</span>
          </th>
          {readers.map((reader) => (
            <th key={reader} scope="col">
              <button
                type="button"
                className="nl-reader"
                aria-pressed={!shown.hidden.includes(reader)}
                aria-label={`Outline of reader ${reader + 1}`}
                title={`Show or hide the outline of reader ${reader + 1}`}
                onClick={() => onToggleReader(reader)}
                data-testid={`reader-${reader + 1}`}
              >
                <i className="nl-swatch" style={{ background: readerColour(reader) }} />
                {reader + 1}
              </button>
            </th>
          ))}
          <th scope="col">
            <button
              type="button"
              className="nl-reader"
              aria-pressed={shown.consensus}
              aria-label="Median: outline that half of the readers share"
              title="Show or hide the outline that half of the readers share"
              onClick={onToggleConsensus}
              data-testid="consensus"
            >
              <i className="nl-swatch nl-swatch-bold" />
              median
            </button>
          </th>
        </tr>
      </thead>
      <tbody id="nl-ratings" hidden={!open}>
        {ROWS.map(([name, words, scale]) => (
          <tr key={name}>
            <th scope="row" title={scale}>
              {words}
            </th>
            {readers.map((reader) => (
              <td key={reader}>{of(reader)?.[name] ?? '\u2013'}</td>
            ))}
            <td>
              <b>{nodule.consensus?.[name] ?? '\u2013'}</b>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
