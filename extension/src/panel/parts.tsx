/** Small pieces that the sections share. */
import { createContext, type ReactNode, useContext, useEffect, useId, useRef } from 'react';

/** How a section folds to one line; null around one that does not. */
export interface Folding {
  readonly folded: boolean;
  readonly onToggle: () => void;
  /** Its state, while it is folded. */
  readonly summary: string;
  /** What is still at hand while it is folded, in place of the summary. */
  readonly strip?: ReactNode;
}
export const FoldingContext = createContext<Folding | null>(null);

export interface SectionProps {
  /** Of a step; absent where there is no order. */
  readonly number?: number;
  readonly title: string;
  /** Highlighted: this is the next thing to do. */
  readonly next: boolean;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ number, title, next, aside, children }: SectionProps) {
  const element = useRef<HTMLElement>(null);
  const folding = useContext(FoldingContext);
  const folded = folding?.folded ?? false;
  const body = useId();
  useEffect(() => {
    // On a low screen the next step may be below the fold.
    if (next) element.current?.scrollIntoView({ block: 'nearest' });
  }, [next]);
  return (
    <section
      ref={element}
      className="nl-section"
      data-next={next}
      aria-label={title}
      {...(next ? { 'aria-current': 'step' as const } : {})}
    >
      <h3>
        {number !== undefined && (
          <span className="nl-number" aria-hidden="true">
            {number}
          </span>
        )}
        {folding ? (
          <button
            type="button"
            className="nl-title"
            aria-expanded={!folded}
            aria-controls={body}
            onClick={folding.onToggle}
            {...(number === undefined ? {} : { 'data-testid': `section-${number}` })}
          >
            {title}
          </button>
        ) : (
          title
        )}
        <span className="nl-fill" />
        {folded
          ? (folding?.strip ?? <span className="nl-summary nl-small nl-dim">{folding?.summary}</span>)
          : aside}
      </h3>
      {/* Kept while it is folded: what was being written there is not lost. */}
      <div id={body} hidden={folded}>
        {children}
      </div>
    </section>
  );
}

export interface ButtonProps {
  readonly onPress: () => void;
  readonly children: ReactNode;
  readonly main?: boolean;
  readonly wide?: boolean;
  readonly icon?: boolean;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly label?: string;
  readonly title?: string;
  readonly testId?: string;
}

export function Button(props: ButtonProps) {
  const classes = ['nl-button', props.main && 'nl-main', props.wide && 'nl-wide', props.icon && 'nl-icon'];
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(' ')}
      onClick={props.onPress}
      disabled={props.disabled ?? false}
      aria-pressed={props.pressed}
      aria-label={props.label}
      title={props.title}
      data-testid={props.testId}
    >
      {props.children}
    </button>
  );
}
