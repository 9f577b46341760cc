/** A small file system of its own, to see what a full disk does. Root on Linux only. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let known: boolean | undefined;

export function mountable(): boolean {
  known ??= process.platform === 'linux' && process.getuid?.() === 0 && tryMount();
  return known;
}

function tryMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'nodulelab-mount-'));
  try {
    mountSmall(place, '64k');
    unmount(place);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(place);
  }
}

/** @param size as mount takes it: 64k, 4m */
export function mountSmall(place: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place], { stdio: 'ignore' });
}

export function unmount(place: string): void {
  execFileSync('umount', [place], { stdio: 'ignore' });
}
