/** Errors of the operating system in words: what a disk or a folder refused, and what can be done about it. */
import { isNativeError } from 'node:util/types';

/** Of files and folders; networks and other programs have errors of the same codes. */
const OF_FILES = new Set(
  'open read write fsync ftruncate mkdir rename copyfile unlink rmdir scandir stat lstat'.split(' '),
);

/**
 * @returns one sentence for people; undefined for what is no error of the operating system, or none that a user can mend
 */
export function systemErrorText(error: unknown): string | undefined {
  if (!isNativeError(error)) return undefined;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || !OF_FILES.has(syscall)) return undefined;
  // Writing through an open file does not say which one it was.
  const what = path ?? 'a file of the output';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `There is no room left on the disk for ${what}: free some, or choose an output on another disk, and run the command again.`;
    case 'EACCES':
    case 'EPERM':
      return `Permission is missing for ${what}: choose another path, or ask its owner.`;
    case 'EROFS':
      return `${what} lies on a disk that cannot be written to: choose another path.`;
    case 'ENOENT':
      return `${what} is not there: check the path, and make the folder that it should lie in.`;
    case 'ENOTDIR':
    case 'EEXIST':
      return syscall === 'mkdir'
        ? `${what} cannot be made as a folder, because a file stands in its way: choose another path.`
        : `${what} cannot be used, because a part of that path is a file and no folder: check the path.`;
    case 'EISDIR':
      return `${what} is a folder where a file is needed: check the path.`;
    default:
      return undefined;
  }
}
