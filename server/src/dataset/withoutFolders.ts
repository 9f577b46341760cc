/** A manifest names files, not the folders of the machine on which it was made: the same input gives the same bytes. */
import { basename, sep } from 'node:path';

/**
 * @param folders absolute paths
 * @returns a function that takes them out of a message: files below them keep their path from there, and they themselves
 *   their own name
 */
export function withoutFolders(folders: readonly string[]): (message: string) => string {
  // The deepest first, so that nothing is left of one folder within another.
  const deepestFirst = [...new Set(folders)].toSorted((a, b) => b.length - a.length);
  return (message) =>
    deepestFirst.reduce(
      (text, folder) => text.replaceAll(`${folder}${sep}`, '').replaceAll(folder, basename(folder)),
      message,
    );
}
