/** What programs of other people say of the segmentation and the report of an annotated nodule. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PYTHON = '/usr/bin/python3';
const SCRIPT = join(import.meta.dirname, 'annotation_objects.py');

export const hasDciodvfy = spawnSync('dciodvfy', ['-version']).error === undefined;
export const hasPydicom = spawnSync(PYTHON, ['-c', 'import pydicom, numpy'], { cwd: '/' }).status === 0;

/** Synthetic Data (0008,001C) is newer than the dictionary of Debian's dicom3tools. */
const NEWER_THAN_THE_TOOL =
  /Attribute with an even group number is not a recognized standard attribute - \(0x0008,0x001c\)/;

export interface SeenAnnotation {
  readonly voxels: number;
  readonly centre: readonly [number, number, number];
  readonly algorithm: string;
  readonly property: readonly string[];
  readonly creator: string;
  readonly observers: readonly string[];
  readonly software: readonly string[];
  readonly manufacturer: readonly string[];
  readonly synthetic: readonly (string | null)[];
  readonly tracking: readonly string[];
  readonly predecessors: readonly string[];
  readonly ratings: Readonly<Record<string, readonly [string, string, string]>>;
  readonly measured: Readonly<Record<string, number>>;
  readonly series: readonly string[];
  readonly study: readonly string[];
  readonly patient: readonly string[];
}

/** @returns lines that dciodvfy calls errors, and what pydicom sees; undefined where that is not installed */
export function lookAt(
  seg: Uint8Array,
  sr: Uint8Array,
): { readonly errors: readonly string[]; readonly seen: SeenAnnotation | undefined } {
  const dir = mkdtempSync(join(tmpdir(), 'nodulelab-annotation-'));
  try {
    const files = [join(dir, 'seg.dcm'), join(dir, 'sr.dcm')] as const;
    writeFileSync(files[0], seg);
    writeFileSync(files[1], sr);
    const errors = hasDciodvfy ? files.flatMap((file) => errorsOf(file)) : [];
    return { errors, seen: hasPydicom ? seenIn(files) : undefined };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function errorsOf(file: string): string[] {
  const { stdout, stderr } = spawnSync('dciodvfy', [file], { encoding: 'utf8' });
  const lines = `${stdout}${stderr}`.split('\n');
  const kind = file.endsWith('seg.dcm') ? 'Segmentation' : 'ComprehensiveSR';
  if (!lines.includes(kind)) return [`dciodvfy does not take ${file} for a ${kind}`];
  return lines.filter((line) => line.startsWith('Error') && !NEWER_THAN_THE_TOOL.test(line));
}

function seenIn(files: readonly string[]): SeenAnnotation {
  const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT, ...files], { encoding: 'utf8', cwd: '/' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as SeenAnnotation;
}
