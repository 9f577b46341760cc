/**
 * A study as files: `study.json` (the locked protocol, which holds the truth), and for each reader `order-READER.csv`, which holds codes
 * only. What a reader gets is the latter.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCsv } from '../../formats/csv.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { poolFrom } from '../../reading/poolTable.ts';
import type { Plan } from '../../reading/power.ts';
import { createStudy, orderOf, parseStudy, type Study } from '../../reading/study.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export const STUDY_FILE = 'study.json';

export interface CreateRequest {
  readonly real: string;
  readonly synthetic: string;
  readonly out: string;
  readonly title: string;
  readonly seed: number;
  readonly readers: readonly string[];
  readonly plan: Plan;
  readonly cases?: number;
  readonly repeatShare: number;
}

/** @throws where the folder is not empty: a study is never written over */
export async function createStudyFolder(request: CreateRequest): Promise<Study> {
  const { out, real, synthetic } = request;
  const there = await readdir(out).catch(() => []);
  if (there.length > 0)
    throw new NoduleLabError(
      'conflict',
      `${out} is not empty: a study gets a new folder, and none is written over.`,
    );
  const badName = request.readers.find((name) => !/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u.test(name));
  if (badName !== undefined)
    throw new NoduleLabError(
      'invalid-input',
      `"${badName}" is no name of a reader: take letters, digits, spaces, dots, - and _.`,
    );
  const study = createStudy({
    ...request,
    real: poolFrom(await readCsv(real)),
    synthetic: poolFrom(await readCsv(synthetic)),
  });
  await mkdir(out, { recursive: true });
  for (const reader of study.readers) {
    const lines = [
      'number,case,kind',
      ...orderOf(study, reader).map((one, i) => `${i + 1},${one.case},${kindShown(one.kind)}`),
    ];
    await writeAtomically(join(out, `order-${reader}.csv`), [
      new TextEncoder().encode(`${lines.join('\r\n')}\r\n`),
    ]);
  }
  await writeJsonAtomically(join(out, STUDY_FILE), study);
  return study;
}

/** A reader is not told what comes again. */
const kindShown = (kind: 'training' | 'reading' | 'repeat'): string =>
  kind === 'training' ? 'training' : 'reading';

/** @throws where it is no study, or was changed */
export async function readStudy(dir: string): Promise<Study> {
  const path = join(dir, STUDY_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${path} cannot be read: give the folder of nodulelab reading create.`,
      {},
      cause,
    );
  });
  return parseStudy(text, path);
}
