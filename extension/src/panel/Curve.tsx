/** A small chart: values over generator updates. */
import { rangeOf, short } from '../state/training.ts';

export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly number[];
}

interface Props {
  readonly title: string;
  /** What the values mean, for who hovers. */
  readonly hint: string;
  readonly updates: readonly number[];
  readonly lines: readonly Line[];
  /** A value to compare with, drawn as a dashed line. */
  readonly ideal?: number;
  readonly testId: string;
}

const WIDTH = 252;
const HEIGHT = 64;

export function Curve({ title, hint, updates, lines, ideal, testId }: Props) {
  const all = lines.flatMap(({ values }) => values);
  const [low, high] = rangeOf(ideal === undefined ? all : [...all, ideal]);
  const first = updates[0] ?? 0;
  const last = updates.at(-1) ?? 1;
  const x = (update: number): number => (WIDTH * (update - first)) / Math.max(1, last - first);
  const y = (value: number): number =>
    HEIGHT - 2 - ((HEIGHT - 4) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  const path = (values: readonly number[]): string =>
    values
      .map((value, i) => `${i === 0 ? 'M' : 'L'}${x(updates[i]!).toFixed(1)} ${y(value).toFixed(1)}`)
      .join('');
  const now = lines.map(({ name, values }) => `${name} ${short(values.at(-1) ?? 0)}`).join(', ');
  return (
    <figure className="nl-curve" title={hint} data-testid={testId} data-points={updates.length}>
      <figcaption>
        <span>{title}</span>
        {lines.map(({ name, colour, values }) => (
          <span key={name} className="nl-small">
            {lines.length > 1 && <span className="nl-swatch" style={{ background: colour }} />}
            {lines.length > 1 && <span className="nl-dim">{name} </span>}
            {short(values.at(-1) ?? 0)}
          </span>
        ))}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title} at update ${last}: ${now}; drawn from ${short(low)} to ${short(high)}`}
      >
        {ideal !== undefined && (
          <line
            x1={0}
            x2={WIDTH}
            y1={y(ideal)}
            y2={y(ideal)}
            className="nl-ideal"
            vectorEffect="non-scaling-stroke"
          />
        )}
        {lines.map(({ name, colour, values }) =>
          values.length === 1 ? (
            <circle key={name} cx={WIDTH / 2} cy={y(values[0]!)} r={2} fill={colour} />
          ) : (
            <path key={name} d={path(values)} stroke={colour} fill="none" vectorEffect="non-scaling-stroke" />
          ),
        )}
      </svg>
      <span className="nl-tick nl-top">{short(high)}</span>
      <span className="nl-tick nl-bottom">{short(low)}</span>
    </figure>
  );
}
