/** A page of its own above the viewer. The browser keeps the focus inside, and Escape closes it. */
import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { Button } from './parts.tsx';

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Beside the title. */
  readonly aside?: ReactNode;
  readonly testId: string;
}

export function Dialog({ title, onClose, children, aside, testId }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  // Closed while it still stands in the page: only then the browser gives the focus back.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  useEffect(() => {
    // Ahead of the viewer, whose hotkeys are for the images that lie below, and which takes Escape for itself.
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') {
        event.preventDefault();
        event.stopPropagation();
        onClose();
      } else if (!(event.target instanceof Node && element.current?.contains(event.target))) {
        // What had the focus is gone.
        event.stopPropagation();
      }
    };
    window.addEventListener('keydown', press, true);
    return () => window.removeEventListener('keydown', press, true);
  }, [onClose]);
  return (
    <dialog
      ref={element}
      className="nl nl-dialog"
      aria-label={title}
      // A press on its text leaves the keyboard here, and not with the viewer.
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      data-testid={testId}
    >
      <style>{dialogStyles}</style>
      <h2>
        {title}
        <span className="nl-fill" />
        {aside}
        <Button icon label="Close" title="Close (Escape)" onPress={onClose} testId={`${testId}-close`}>
          {'\u00d7'}
        </Button>
      </h2>
      {children}
    </dialog>
  );
}

const dialogStyles = `
.nl-dialog { margin: auto; padding: 12px 16px 16px; max-width: 94vw; max-height: 92vh; border: 1px solid var(--nl-line); border-radius: 8px; background: hsl(var(--background, 0 0% 0%)); }
.nl-dialog:not([open]) { display: none; }
.nl-dialog:focus { outline: none; }
.nl-dialog::backdrop { background: rgb(0 0 0 / 65%); }
.nl-dialog h2 { display: flex; align-items: center; gap: 10px; margin: 0; font-size: 15px; font-weight: 600; min-height: 30px; }
.nl-dialog h2 .nl-fill { flex: 1; }
.nl-dialog h2 .nl-dim { font-weight: 400; }
`;
