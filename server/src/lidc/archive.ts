/**
 * A whole folder of LIDC XML in numbers: every CT series counts once, nodules are groups of annotations by pylidc's rule
 * (grouping.ts), and what cannot be known without the CT is null. docs/lidc.md, "Counts", compares with what others
 * counted.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';
import type { LidcProblem } from './annotations.ts';
import type { ArchiveFile } from './archiveFile.ts';
import { readFiles } from './archiveThreads.ts';
import { SMALL_NODULE_MM, type CtFileSummary, type FileSummary } from './fileSummary.ts';
import { caseFlags, type CaseFlag } from './flags.ts';
import { median } from './ratings.ts';
import { PIXEL_SURROGATE_MM } from './surrogates.ts';

export interface ArchiveSummary {
  readonly files: number;
  readonly chestXrays: number;
  /** Files that could not be read; `problems` says why. */
  readonly unreadable: number;
  /** Distinct CT series. */
  readonly ctSeries: number;
  /** Files left out because another one annotates the same series. */
  readonly duplicates: number;
  /** Distinct patients; null unless every series has its CT beside its file. */
  readonly patients: number | null;
  readonly seriesWithCt: number;
  readonly seriesWithAnnotations: number;
  /** Readers' marks of at least 3 mm with all nine ratings. */
  readonly annotations: number;
  /** Readers' marks of at least 3 mm without; in no nodule of this summary. */
  readonly unratedMarks: number;
  readonly nodules: number;
  /** By number of readers; the last is four or more. */
  readonly nodulesByReaders: Readonly<Record<'1' | '2' | '3' | '4', number>>;
  /** The same as `nodules`, under the name of what TCIA counts. */
  readonly nodulesByAtLeastOne: number;
  readonly nodulesByAllFour: number;
  readonly smallNodules: number;
  readonly nonNodules: number;
  /** Groups of annotations and small nodules: lesions of any size that at least one reader marked as nodule. */
  readonly lesions: number;
  /** Of the nodules whose CT is there; null where none is. */
  readonly diametersMm: {
    readonly nodules: number;
    readonly least: number;
    readonly median: number;
    readonly most: number;
  } | null;
  /** Patients by flag (flags.ts); null where no patient is known. */
  readonly flaggedPatients: Readonly<Partial<Record<CaseFlag, number>>> | null;
  /** What stood in for lengths that only the CT knows. */
  readonly surrogates: {
    readonly pixelSpacing: { readonly mm: number; readonly series: number; readonly rule: string };
    readonly sliceThickness: { readonly series: number; readonly constantIn: number; readonly rule: string };
    readonly lesions: string;
  };
  readonly leftOut: {
    readonly files: number;
    readonly marks: number;
    readonly outlines: number;
    readonly points: number;
    readonly ratings: number;
  };
  /** By file; of files that count. */
  readonly problems: readonly (LidcProblem & { readonly file: string })[];
}

export interface ArchiveOptions {
  readonly signal: AbortSignal;
  readonly progress: (fraction: number, message: string) => void;
}

/**
 * @param path a folder, searched to any depth, or one file
 * @throws NoduleLabError `not-found` where there is no XML file
 */
export async function summariseArchive(
  path: string,
  { signal, progress }: ArchiveOptions,
): Promise<ArchiveSummary> {
  const files = await findFiles(path);
  const summaries = await readFiles(files, signal, (done) => {
    progress(done / files.length, `Read ${done} of ${files.length} annotation files`);
  });
  return addUp(summaries);
}

/**
 * The summaries of files in order of their names. Of several files of one series the first one counts: in LIDC-IDRI they
 * differ in their header alone. Where the readings differ, that is a problem.
 */
export function addUp(summaries: readonly FileSummary[]): ArchiveSummary {
  const bySeries = new Map<string, CtFileSummary>();
  const problems: (LidcProblem & { file: string })[] = [];
  let [duplicates, chestXrays, unreadable] = [0, 0, 0];
  for (const summary of summaries) {
    if (summary.kind === 'chest-xray') chestXrays++;
    else if (summary.kind === 'unreadable') {
      unreadable++;
      problems.push({ file: summary.name, where: 'whole file', message: summary.message });
    } else {
      const first = bySeries.get(summary.seriesInstanceUID);
      if (first === undefined) {
        bySeries.set(summary.seriesInstanceUID, summary);
        problems.push(...summary.problems.map((problem) => ({ file: summary.name, ...problem })));
        continue;
      }
      duplicates++;
      if (first.contents !== summary.contents)
        problems.push({
          file: summary.name,
          where: 'whole file',
          message: `annotates the same series as ${first.name}, but differently; only ${first.name} counts`,
        });
    }
  }
  const series = [...bySeries.values()];
  const sum = (of: (one: CtFileSummary) => number): number =>
    series.reduce((total, one) => total + of(one), 0);
  const nodules = series.flatMap((one) => one.nodules);
  const by = (readers: number): number =>
    nodules.filter((one) => Math.min(one.readers, 4) === readers).length;
  const withCt = series.filter(({ patientId }) => patientId !== undefined);
  const patients = [...new Set(withCt.map(({ patientId }) => patientId ?? null))];
  const diameters = nodules.flatMap(({ diameterMm }) => diameterMm ?? []).sort((a, b) => a - b);
  const leftOut = (what: LidcProblem['leftOut']): number =>
    problems.filter((problem) => problem.leftOut === what).length;
  return {
    files: summaries.length,
    chestXrays,
    unreadable,
    ctSeries: series.length,
    duplicates,
    patients: withCt.length === series.length && !patients.includes(null) ? patients.length : null,
    seriesWithCt: withCt.length,
    seriesWithAnnotations: series.filter((one) => one.annotations > 0).length,
    annotations: sum((one) => one.annotations),
    unratedMarks: sum((one) => one.unratedMarks),
    nodules: nodules.length,
    nodulesByReaders: { 1: by(1), 2: by(2), 3: by(3), 4: by(4) },
    nodulesByAtLeastOne: nodules.length,
    nodulesByAllFour: by(4),
    smallNodules: sum((one) => one.smallNodules),
    nonNodules: sum((one) => one.nonNodules),
    lesions: sum((one) => one.lesions),
    diametersMm:
      diameters.length === 0
        ? null
        : {
            nodules: diameters.length,
            least: diameters[0] ?? 0,
            median: median(diameters),
            most: diameters.at(-1) ?? 0,
          },
    flaggedPatients: withCt.length === 0 ? null : countFlags(patients),
    surrogates: {
      pixelSpacing: {
        mm: PIXEL_SURROGATE_MM,
        series: series.length - withCt.length,
        rule: 'median of 417 CTs of LIDC-IDRI',
      },
      sliceThickness: {
        series: series.filter(({ tolerance }) => tolerance.from !== 'ct').length,
        constantIn: series.filter(({ tolerance }) => tolerance.from === 'constant').length,
        rule: 'smallest distance between marked slices of the series, 2.5 mm where none are neighbours',
      },
      lesions: `marks and small nodules within ${SMALL_NODULE_MM} mm, or within the slice thickness where that is more`,
    },
    leftOut: {
      files: unreadable,
      marks: leftOut('mark'),
      outlines: leftOut('outline'),
      points: leftOut('point'),
      ratings: leftOut('ratings'),
    },
    problems,
  };
}

function countFlags(patients: readonly (string | null)[]): Partial<Record<CaseFlag, number>> {
  const counts: Partial<Record<CaseFlag, number>> = {};
  for (const flag of patients.flatMap(caseFlags)) counts[flag] = (counts[flag] ?? 0) + 1;
  return counts;
}

async function findFiles(path: string): Promise<ArchiveFile[]> {
  const missing = (cause?: unknown): NoduleLabError =>
    new NoduleLabError(
      'not-found',
      `${path} ${cause === undefined ? 'holds no .xml file' : 'cannot be read'}: give the folder of LIDC annotation files.`,
      { path },
      cause,
    );
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    (cause: unknown) => {
      throw missing(cause);
    },
  );
  const root = isFile ? dirname(path) : path;
  const entries = await readdir(root, { recursive: !isFile, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const images = new Map<string, string>();
  for (const image of paths
    .filter((name) => /\.dcm$/i.test(name))
    .sort()
    .reverse())
    images.set(dirname(image), image);
  const files = paths
    .filter((name) => (isFile ? name === join(root, basename(path)) : /\.xml$/i.test(name)))
    .sort()
    .map((name) => ({
      path: name,
      name: relative(root, name).split(sep).join('/'),
      ctPath: images.get(dirname(name)),
    }));
  if (files.length === 0) throw missing();
  return files;
}
