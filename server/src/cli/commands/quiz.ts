/** `nodulelab quiz`: pictures of real and synthetic nodules to tell apart, for fun. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Quiz } from '@nodulelab/contract';
import type { Command } from 'commander';
import { withArchive } from '../archiveServices.ts';
import type { CommandContext } from '../context.ts';
import { integer } from '../options.ts';

interface QuizOptions {
  readonly count: number;
  readonly seed: number;
  readonly model?: string;
  readonly out: string;
}

const PLANES = ['axial', 'coronal', 'sagittal'] as const;

export function registerQuiz(program: Command, context: () => CommandContext): void {
  program
    .command('quiz')
    .description(
      'pictures of real and synthetic nodules in their CTs to tell apart, for fun; no study: nodulelab reading is one',
    )
    .argument('<series>', 'Series Instance UID of a CT in Orthanc, whose nodules come first')
    .requiredOption('--out <dir>', 'where the pictures go, and answers.txt')
    .option('--count <n>', 'how many pictures at most', integer(2, 20), 10)
    .option('--seed <number>', 'the same seed and archive give the same pictures', integer(0, 2 ** 31 - 1), 1)
    .option('--model <name>', 'the preferred one by default')
    .action(async (seriesInstanceUID: string, { out, ...asked }: QuizOptions) => {
      const cli = context();
      const dir = resolve(out);
      const quiz = await withArchive(cli, { researchArchive: false }, (services) =>
        services.quiz({ seriesInstanceUID, ...asked }),
      );
      const files = await writeQuiz(dir, quiz);
      const { questions, ...rest } = quiz;
      cli.output.result(
        {
          ...rest,
          dir,
          questions: questions.map(({ real, about }, at) => ({ real, about, files: files[at] })),
        },
        `${questions.length} nodules in ${dir}; what each was is in answers.txt`,
      );
    });
}

/** @returns the names of the pictures of each question */
async function writeQuiz(dir: string, { questions }: Quiz): Promise<string[][]> {
  await mkdir(dir, { recursive: true });
  const written: string[][] = [];
  for (const [at, { thumbnails }] of questions.entries()) {
    const files = PLANES.map((plane) => `${String(at + 1).padStart(2, '0')}-${plane}.png`);
    for (const [n, plane] of PLANES.entries())
      await writeFile(
        join(dir, files[n]!),
        Buffer.from(thumbnails[plane].replace(/^data:image\/png;base64,/, ''), 'base64'),
      );
    written.push(files);
  }
  const answers = questions.map(
    ({ real, about }, at) => `${String(at + 1).padStart(2, '0')} ${real ? 'real' : 'synthetic'}: ${about}\n`,
  );
  await writeFile(join(dir, 'answers.txt'), answers.join(''));
  return written;
}
