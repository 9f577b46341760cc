/** Arrow keys in a grid that is read row by row. */

/** @returns where the focus goes; null where the key has no meaning in a grid or leads out of it */
export function movedInGrid(key: string, at: number, count: number, columns: number): number | null {
  const to = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || to < 0 || to >= count ? null : to;
}
