/** What an experiment leaves for its readers: figures as data, one page, and pictures for documents. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { figureFiles } from '../../evaluation/classification/report/figureFiles.ts';
import { renderClassification } from '../../evaluation/classification/report/renderClassification.ts';
import {
  CLASSIFICATION_FILE,
  CLASSIFICATION_REPORT,
  type ClassificationResult,
} from '../../evaluation/classification/result.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';

/** Below the experiment's folder. */
const FIGURES_FOLDER = 'figures';

/** Replaces what an earlier run left. */
export async function writeReport(outDir: string, result: ClassificationResult): Promise<void> {
  const text = (content: string): Uint8Array[] => [new TextEncoder().encode(content)];
  await writeJsonAtomically(join(outDir, CLASSIFICATION_FILE), result);
  await writeAtomically(join(outDir, CLASSIFICATION_REPORT), text(renderClassification(result)));
  await mkdir(join(outDir, FIGURES_FOLDER), { recursive: true });
  for (const { name, svg } of figureFiles(result))
    await writeAtomically(join(outDir, FIGURES_FOLDER, name), text(svg));
}
