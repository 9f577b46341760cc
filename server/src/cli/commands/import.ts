import { Job } from '@nodulelab/contract';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { z } from 'zod';
import { importPaths } from '../../services/importing/importPaths.ts';
import type { JobContext } from '../../services/face.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../output.ts';
import { openRuntime } from '../runtime.ts';
import { findRunningServer } from '../runningServer.ts';

const Summary = z.object({
  series: z.array(
    z.object({
      seriesInstanceUID: z.string(),
      studyInstanceUID: z.string(),
      patientId: z.string(),
      modality: z.string(),
      instances: z.int(),
      added: z.int(),
      nodules: z.int(),
    }),
  ),
  nodules: z.int(),
  chestXrayXml: z.int(),
  ignoredFiles: z.int(),
  failures: z.array(z.object({ name: z.string(), message: z.string() })),
});

export function registerImport(program: Command, context: () => CommandContext): void {
  program
    .command('import')
    .description('import LIDC folders, zips or plain DICOM: CT, SEG and SR to Orthanc, XML to nodules')
    .argument('<path...>', 'files or folders')
    .action(async (paths: string[]) =>
      run(
        context(),
        paths.map((path) => resolve(path)),
      ),
    );
}

async function run(context: CommandContext, paths: string[]): Promise<void> {
  const { output } = context;
  const summary = Summary.parse(await importAnywhere(context, paths));
  output.result(
    summary,
    [
      table(
        ['modality', 'patient', 'instances', 'new', 'nodules', 'series'],
        summary.series.map((row) => [
          row.modality,
          row.patientId,
          String(row.instances),
          String(row.added),
          String(row.nodules),
          row.seriesInstanceUID,
        ]),
      ),
      `${summary.series.length} series, ${summary.nodules} nodules; ${summary.ignoredFiles} other files passed over`,
    ].join('\n'),
  );
  if (summary.failures.length > 0)
    throw new NoduleLabError(
      'invalid-input',
      `${summary.failures.length} could not be imported: ${summary.failures.map(({ message }) => message).join('; ')}`,
    );
}

async function importAnywhere(context: CommandContext, paths: string[]): Promise<unknown> {
  const { output, dataDir, orthancUrl, signal } = context;
  const server = await findRunningServer(dataDir);
  const watch: JobContext = {
    signal,
    progress: (fraction, message) => output.progress(fraction, message),
  };
  if (server) return server.finish(await server.call('POST', '/api/imports', Job, { paths }), watch);
  const runtime = await openRuntime({ dataDir, orthancUrl, log: (line) => output.note(line) });
  try {
    return await importPaths(runtime.context, paths, watch);
  } finally {
    await runtime.close();
  }
}
