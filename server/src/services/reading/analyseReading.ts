/** The answers of a reading, as a file, to figures and a page. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readCsv } from '../../formats/csv.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { analyseAnswers, type ReadingAnalysis, USUAL_ANALYSIS } from '../../reading/analysis.ts';
import { answersFrom } from '../../reading/answers.ts';
import { answersOfStudy } from '../../reading/studyAnswers.ts';
import { readersTable } from '../../reading/report/readersTable.ts';
import { renderReading } from '../../reading/report/renderReading.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { readStudy } from './studyFolder.ts';

export const ANALYSIS_FILES = {
  figures: 'reading.json',
  readers: 'readers.csv',
  page: 'reading.html',
} as const;

export interface AnalyseRequest {
  /** CSV. */
  readonly answers: string;
  /** Folder of the study that they answer: truth, title, margin and alpha are its own then. */
  readonly study?: string;
  /** Made where it is not there; figures of an earlier analysis in it are replaced. */
  readonly out: string;
  readonly title?: string;
  readonly margin?: number;
  readonly alpha?: number;
}

/**
 * @throws NoduleLabError naming the line and column of an answer that cannot be read; where another margin is asked for than that
 *   of the study
 */
export async function analyseReading(
  { answers: path, study: studyDir, out, ...wanted }: AnalyseRequest,
  { now, codeVersion }: { readonly now: () => Date; readonly codeVersion: string },
): Promise<ReadingAnalysis> {
  const table = await readCsv(path);
  const study = studyDir === undefined ? null : await readStudy(studyDir);
  if (study)
    for (const name of ['margin', 'alpha'] as const)
      if (wanted[name] !== undefined && wanted[name] !== study.analysis[name])
        throw new NoduleLabError(
          'refused',
          `The study was made with ${name} ${study.analysis[name]}, before its first answer: it is not analysed with ${wanted[name]}.`,
        );
  const answers = study ? answersOfStudy(table, study) : answersFrom(table);
  const title = wanted.title ?? study?.title ?? 'Real or synthetic: a reading';
  const analysis = analyseAnswers(answers, {
    margin: study?.analysis.margin ?? wanted.margin ?? USUAL_ANALYSIS.margin,
    alpha: study?.analysis.alpha ?? wanted.alpha ?? USUAL_ANALYSIS.alpha,
  });
  const finishedAt = now().toISOString();
  const text = (content: string): Uint8Array[] => [new TextEncoder().encode(content)];
  await mkdir(out, { recursive: true });
  await writeJsonAtomically(join(out, ANALYSIS_FILES.figures), {
    title,
    finishedAt,
    codeVersion,
    ...analysis,
  });
  await writeAtomically(join(out, ANALYSIS_FILES.readers), text(readersTable(analysis)));
  await writeAtomically(
    join(out, ANALYSIS_FILES.page),
    text(renderReading({ title, analysis, answers, study, finishedAt, codeVersion })),
  );
  return analysis;
}
