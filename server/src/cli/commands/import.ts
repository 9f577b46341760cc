import { ImportResult, Job } from '@nodulelab/contract';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { importPaths } from '../../services/importing/importPaths.ts';
import type { JobContext } from '../../services/face.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../output.ts';
import { openRuntime } from '../runtime.ts';
import { findRunningServer } from '../runningServer.ts';

export function registerImport(program: Command, context: () => CommandContext): void {
  program
    .command('import')
    .description(
      'import LIDC folders, zips or plain DICOM: CT, SEG and SR to Orthanc, XML (or SEG and SR) to nodules',
    )
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
  const summary = ImportResult.parse(await importAnywhere(context, paths));
  output.result(
    summary,
    [
      table(
        ['modality', 'patient', 'instances', 'new', 'nodules', 'from', 'series'],
        summary.series.map((row) => [
          row.modality,
          row.patientId,
          String(row.instances),
          String(row.added),
          String(row.nodules),
          row.nodulesFrom === 'official' ? 'SEG, SR' : (row.nodulesFrom?.toUpperCase() ?? ''),
          row.seriesInstanceUID,
        ]),
      ),
      `${summary.series.length} series, ${summary.nodules} nodules; ${summary.ignoredFiles} other files passed over`,
      ...problemLines(summary),
    ].join('\n'),
  );
  if (summary.failures.length > 0)
    throw new NoduleLabError(
      'invalid-input',
      `${summary.failures.length} could not be imported: ${summary.failures.map(({ message }) => message).join('; ')}`,
    );
}

/** More lines than this nobody reads in a terminal; `--json` has them all. */
const LINES_SHOWN = 20;

function problemLines({ problems, leftOut, disagreements }: ImportResult): string[] {
  const { marks, outlines, points, ratings } = leftOut;
  const counts = [
    ...counted(marks, 'mark'),
    ...counted(outlines, 'outline'),
    ...counted(points, 'point'),
    ...counted(ratings, 'mark').map((text) => `the ratings of ${text}`),
  ];
  return [
    ...(counts.length > 0 ? [`Left out: ${counts.join(', ')}`] : []),
    ...shown(
      problems.map(({ name, where, message }) =>
        [message.includes(name) ? '' : name, where, message].filter(Boolean).join(': '),
      ),
    ),
    ...(disagreements.length > 0
      ? [`XML and official form differ (${disagreements.length}); the XML counts`]
      : []),
    ...shown(disagreements.map(({ seriesInstanceUID, message }) => `${seriesInstanceUID}: ${message}`)),
  ];
}

function counted(count: number, what: string): string[] {
  return count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'}`];
}

function shown(lines: readonly string[]): string[] {
  const rest = lines.length - LINES_SHOWN;
  return [
    ...lines.slice(0, LINES_SHOWN).map((line) => `  ${line}`),
    ...(rest > 0 ? [`  … and ${rest} more (--json shows all)`] : []),
  ];
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
