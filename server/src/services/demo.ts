/** The embedded demo: a phantom study, imported like any other, and what the viewer shows of it in the first minute. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Welcome } from '@nodulelab/contract';
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';
import type { JobContext } from './face.ts';
import { importPaths } from './importing/importPaths.ts';
import { writePhantomStudy } from './phantomStudy.ts';

const SETTING = 'demo';
const DemoSetting = z.object({ studyInstanceUID: z.string(), seriesInstanceUID: z.string() });

/** Candidates of the first minute: the seed is fixed so that everyone sees the same three. */
const WELCOME_SEED = 10;
const WELCOME_COUNT = 3;

/** Imports the demo study unless it is there already. */
export async function ensureDemo(
  context: ServiceContext,
  dataDir: string,
  job: JobContext,
  preset: 'demo' | 'small' = 'demo',
): Promise<void> {
  const known = DemoSetting.safeParse(await context.store.settings.get(SETTING));
  if (known.success && (await context.archive.hasSeries(known.data.seriesInstanceUID))) return;
  const dir = join(dataDir, 'demo');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const study = await writePhantomStudy(context, { dir, preset }, (fraction, message) =>
    job.progress(fraction * 0.6, message),
  );
  await importPaths(
    context,
    [dir],
    { signal: job.signal, progress: (fraction, message) => job.progress(0.6 + fraction * 0.4, message) },
    'phantom',
  );
  await context.store.settings.set(SETTING, {
    studyInstanceUID: study.studyInstanceUID,
    seriesInstanceUID: study.seriesInstanceUID,
  });
  await rm(dir, { recursive: true, force: true });
}

/** @throws NoduleLabError `not-found` where no demo study was imported */
export async function welcomeOf({ store }: Pick<ServiceContext, 'store'>): Promise<Welcome> {
  const demo = DemoSetting.safeParse(await store.settings.get(SETTING));
  if (!demo.success)
    throw new NoduleLabError('not-found', 'there is no demo study: start without --no-demo', {});
  const nodules = await store.nodules.ofSeries(demo.data.seriesInstanceUID);
  const suspicious = nodules.toSorted(
    (a, b) => (b.consensus?.malignancy ?? 0) - (a.consensus?.malignancy ?? 0) || b.diameterMm - a.diameterMm,
  )[0];
  if (!suspicious)
    throw new NoduleLabError('not-found', 'the demo study has no nodules: import it again', {});
  return { ...demo.data, noduleId: suspicious.id, seed: WELCOME_SEED, count: WELCOME_COUNT };
}
