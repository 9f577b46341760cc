/**
 * An accept in a process of its own that ends, or is hindered, at a chosen moment: run with one JSON argument, tells
 * what it saw as JSON lines. See `runAccept` for its other end.
 */
import { writeFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { openRuntime } from '../../server/src/cli/runtime.ts';
import { createServices } from '../../server/src/services/createServices.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';
import type { AcceptOrder, Seen } from './acceptRun.ts';

const order = JSON.parse(process.argv[2] ?? '') as AcceptOrder;
const tell = (line: Seen): void => writeFileSync(1, `${JSON.stringify(line)}\n`);

const runtime = await openRuntime({
  dataDir: order.dataDir,
  orthancUrl: order.orthancUrl,
  log: () => undefined,
});
const { context } = runtime;
const services = createServices(context);
await services.recover();
const { seriesInstanceUID } = order;
const nodules = await services.nodules(seriesInstanceUID);
const studyInstanceUID = (await context.store.series.get(seriesInstanceUID))?.studyInstanceUID ?? '';
tell({
  kind: 'start',
  archive: (await context.archive.studySeries(studyInstanceUID)).map((series) => ({
    uid: series.seriesInstanceUID,
    instances: series.instances,
  })),
  known: (await context.store.derived.ofSource(seriesInstanceUID)).map((row) => ({
    ct: row.seriesInstanceUID,
    segmentation: row.segmentation?.seriesInstanceUID ?? '',
    report: row.report?.seriesInstanceUID ?? '',
  })),
  listed: (await context.store.series.list())
    .filter(({ origin }) => origin === 'synthetic')
    .map((row) => row.seriesInstanceUID),
});

let seen = 0;
function act(): void {
  if (order.action === 'kill') process.kill(process.pid, 'SIGKILL');
  else if (order.action === 'fill' && order.disk !== undefined) {
    const { bavail, bsize } = statfsSync(order.disk);
    writeFileSync(join(order.disk, 'filler'), new Uint8Array(Math.max(0, bavail * bsize)));
  }
}

try {
  if (order.action !== 'look') {
    const [nodule] = nodules.nodules;
    const { candidates } = await services.generate({ seed: 1, count: 1 });
    const { centre } = await services.place({ seriesInstanceUID, diameterMm: 12, seed: 1 });
    const candidateId = candidates[0]?.id ?? '';
    const inserted = await services.preview({ seriesInstanceUID, candidateId, centre, diameterMm: 12 });
    const top = order.removal
      ? await services.removal({ seriesInstanceUID, noduleId: nodule?.id ?? '', after: inserted.id })
      : inserted;
    const confirmed = [...inserted.checks, ...top.checks].map(({ name }) => name);
    if (order.at === undefined) act();
    const result = await services.accept(top.id, confirmed, {
      signal: new AbortController().signal,
      progress(_fraction, message) {
        if (order.at === undefined || !new RegExp(order.at).test(message)) return;
        seen += 1;
        if (seen !== (order.time ?? 1)) return;
        if (order.delayMs === undefined) act();
        else setTimeout(act, order.delayMs);
      },
    });
    tell({ kind: 'written', ct: result.seriesInstanceUID });
    // The chosen moment may lie after the last step.
    if (order.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, order.delayMs));
  }
} catch (error) {
  const kind = error instanceof NoduleLabError ? error.kind : 'internal';
  tell({ kind: 'failed', error: kind, message: String(error) });
} finally {
  await services.close();
  await runtime.close().catch(() => undefined);
}
// A database that broke under a full disk keeps handles open.
process.exit(0);
