/**
 * Our panel inside OHIF's page. The prebuilt viewer does not export its React, and hooks of one copy fail in a tree of
 * another, so the viewer is given a component without hooks that mounts a root of our own.
 */
import { Component, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';

/** Enter and Space press the button or link that has the focus: the viewer's own hotkeys would swallow them. */
function keepPresses(event: KeyboardEvent): void {
  const pressed = event.key === 'Enter' || event.key === ' ';
  if (pressed && event.target instanceof Element && event.target.closest('button, a[href]') !== null)
    event.stopPropagation();
}

export function island(render: () => ReactNode): typeof Component {
  return class Island extends Component {
    #root: Root | null = null;

    readonly #mount = (node: HTMLDivElement | null): void => {
      if (node && !this.#root) {
        this.#root = createRoot(node);
        this.#root.render(render());
        node.addEventListener('keydown', keepPresses);
      } else if (!node && this.#root) {
        const root = this.#root;
        this.#root = null;
        // Not while the viewer's own tree is being committed.
        setTimeout(() => root.unmount(), 0);
      }
    };

    override render(): ReactNode {
      return <div ref={this.#mount} style={{ height: '100%', overflowY: 'auto' }} />;
    }
  };
}
