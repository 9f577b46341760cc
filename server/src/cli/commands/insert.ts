import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import {
  AcceptResult,
  CandidateList,
  Job,
  Place,
  Preview,
  type PointLps,
  type QualityCheck,
} from '@nodulelab/contract';
import type { Command } from 'commander';
import { makeUidGenerator } from '../../dicom/uid.ts';
import { createServices } from '../../services/createServices.ts';
import { insertOffline } from '../../services/offlineInsertion.ts';
import type { Vec3 } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { integer, place, positive, UsageError } from '../options.ts';
import { table } from '../output.ts';
import { findRunningServer, type RunningServer } from '../runningServer.ts';
import { openModels, openRuntime, VERSION } from '../runtime.ts';

interface InsertOptions {
  readonly series?: string;
  readonly dicom?: string;
  readonly out?: string;
  readonly at: Vec3 | 'auto';
  readonly diameter: number;
  readonly seed: number;
  readonly model?: string;
  readonly researchArchive: boolean;
}

export function registerInsert(program: Command, context: () => CommandContext): void {
  program
    .command('insert')
    .description(
      'insert one sampled nodule: from Orthanc by series UID, or from a folder of DICOM to another',
    )
    .option('--series <uid>', 'Series Instance UID of the host in Orthanc; the new series is stored there')
    .option('--dicom <dir>', 'folder of the host CT; needs no server and writes to --out')
    .option('--out <dir>', 'new folder for the derived series (with --dicom)')
    .requiredOption('--at <x,y,z|auto>', 'centre in LPS mm, or a place that the program proposes', place)
    .option('--diameter <mm>', 'diameter of the nodule', positive, 10)
    .option('--seed <number>', 'seed of the sample', integer(0, 2 ** 31 - 1), 1)
    .option('--model <name>', 'a model under models/')
    .option(
      '--research-archive',
      'the host is research data: Patient Identity Removed = YES is not required',
      false,
    )
    .action(async (options: InsertOptions) => run(context(), options));
}

async function run(context: CommandContext, options: InsertOptions): Promise<void> {
  if (options.dicom !== undefined && options.out !== undefined && options.series === undefined)
    return offline(context, { ...options, dicom: options.dicom, out: options.out });
  if (options.series !== undefined && options.dicom === undefined)
    return archived(context, { ...options, series: options.series });
  throw new UsageError('give either --series UID, or --dicom DIR with --out DIR (see insert --help)');
}

async function offline(
  { dataDir, output }: CommandContext,
  options: InsertOptions & { readonly dicom: string; readonly out: string },
): Promise<void> {
  const result = await insertOffline(
    openModels(dataDir),
    {
      dicomDir: resolve(options.dicom),
      outDir: resolve(options.out),
      at: options.at,
      diameterMm: options.diameter,
      seed: options.seed,
      model: options.model,
      researchArchive: options.researchArchive,
      codeVersion: VERSION,
      now: new Date(),
      newUid: makeUidGenerator((length) => randomBytes(length)),
    },
    (fraction, message) => output.progress(fraction, message),
  );
  output.result(
    { ...result },
    [
      `${result.slices} slices in ${result.outDir}, nodule of ${result.diameterMm} mm at ${result.centre.map((v) => v.toFixed(1)).join(',')} LPS mm`,
      `Series ${result.seriesInstanceUID}`,
      checksTable(result.checks),
    ].join('\n'),
  );
}

/** What both a running server and a runtime of our own can do. */
interface Archive {
  candidate(): Promise<string>;
  propose(): Promise<PointLps>;
  preview(candidateId: string, centre: PointLps): Promise<Preview>;
  accept(previewId: string): Promise<AcceptResult>;
}

async function archived(
  context: CommandContext,
  options: InsertOptions & { readonly series: string },
): Promise<void> {
  const { output, dataDir, orthancUrl } = context;
  const server = await findRunningServer(dataDir);
  if (server && options.researchArchive)
    output.note(
      'A server runs on this data folder: --research-archive counts as it was given to that server',
    );
  if (server) return insertInto(remote(server, context, options), context, options);
  const runtime = await openRuntime({
    dataDir,
    orthancUrl,
    researchArchive: options.researchArchive,
    log: (line) => output.note(line),
  });
  try {
    await insertInto(local(createServices(runtime.context), context, options), context, options);
  } finally {
    await runtime.close();
  }
}

async function insertInto(
  archive: Archive,
  { output }: CommandContext,
  options: InsertOptions,
): Promise<void> {
  const candidate = await archive.candidate();
  const centre: PointLps = options.at === 'auto' ? await archive.propose() : [...options.at];
  const preview = await archive.preview(candidate, centre);
  const result = await archive.accept(preview.id);
  output.result(
    { ...result, centre, diameterMm: options.diameter, candidateId: candidate, checks: preview.checks },
    [
      `${result.instances} slices stored and verified in ${result.seconds.toFixed(1)} s`,
      `Series ${result.seriesInstanceUID}`,
      checksTable(preview.checks),
    ].join('\n'),
  );
}

type Hosted = InsertOptions & { readonly series: string };

function remote(server: RunningServer, { output, signal }: CommandContext, options: Hosted): Archive {
  const { series: seriesInstanceUID, diameter: diameterMm, seed, model } = options;
  return {
    async candidate() {
      const body = { seed, count: 1, ...(model === undefined ? {} : { model }) };
      return firstOf(await server.call('POST', '/api/candidates', CandidateList, body));
    },
    propose: async () =>
      (await server.call('POST', '/api/places', Place, { seriesInstanceUID, diameterMm, seed })).centre,
    preview: (candidateId, centre) =>
      server.call('POST', '/api/previews', Preview, { seriesInstanceUID, candidateId, centre, diameterMm }),
    async accept(previewId) {
      const job = await server.call('POST', `/api/previews/${previewId}/accept`, Job, {});
      return AcceptResult.parse(
        await server.finish(job, {
          signal,
          progress: (fraction, message) => output.progress(fraction, message),
        }),
      );
    },
  };
}

function local(
  services: ReturnType<typeof createServices>,
  { output, signal }: CommandContext,
  options: Hosted,
): Archive {
  const { series: seriesInstanceUID, diameter: diameterMm, seed, model } = options;
  return {
    candidate: async () =>
      firstOf(await services.generate({ seed, count: 1, ...(model === undefined ? {} : { model }) })),
    propose: async () => (await services.place({ seriesInstanceUID, diameterMm, seed })).centre,
    preview: (candidateId, centre) =>
      services.preview({ seriesInstanceUID, candidateId, centre, diameterMm }),
    accept: (previewId) =>
      services.accept(previewId, {
        signal,
        progress: (fraction, message) => output.progress(fraction, message),
      }),
  };
}

function firstOf({ candidates }: CandidateList): string {
  const [candidate] = candidates;
  if (!candidate) throw new NoduleLabError('upstream', 'the generator made no candidate', {});
  return candidate.id;
}

function checksTable(checks: readonly QualityCheck[]): string {
  return table(
    ['check', 'value', 'unit', 'verdict'],
    checks.map(({ name, value, unit, verdict }) => [name, value.toFixed(2), unit, verdict]),
  );
}
