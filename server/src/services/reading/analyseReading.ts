/** The answers of a reading, as a file, to figures and a page. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readCsv } from '../../formats/csv.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { analyseAnswers, type ReadingAnalysis } from '../../reading/analysis.ts';
import { answersFrom } from '../../reading/answers.ts';
import { readersTable } from '../../reading/report/readersTable.ts';
import { renderReading } from '../../reading/report/renderReading.ts';

export const ANALYSIS_FILES = {
  figures: 'reading.json',
  readers: 'readers.csv',
  page: 'reading.html',
} as const;

export interface AnalyseRequest {
  /** CSV. */
  readonly answers: string;
  /** Made where it is not there; figures of an earlier analysis in it are replaced. */
  readonly out: string;
  readonly title: string;
  readonly margin: number;
  readonly alpha: number;
}

/** @throws NoduleLabError naming the line and column of an answer that cannot be read */
export async function analyseReading(
  { answers: path, out, title, margin, alpha }: AnalyseRequest,
  { now, codeVersion }: { readonly now: () => Date; readonly codeVersion: string },
): Promise<ReadingAnalysis> {
  const answers = answersFrom(await readCsv(path));
  const analysis = analyseAnswers(answers, { margin, alpha });
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
    text(renderReading({ title, analysis, answers, finishedAt, codeVersion })),
  );
  return analysis;
}
