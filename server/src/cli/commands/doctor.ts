import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { findOrthanc } from '../../../../orthanc/index.ts';
import { probeEngines } from '../../engine/registry.ts';
import { readNetworkCard } from '../../networks/networkCard.ts';
import { NETWORK_FOLDERS, shippedNetworkFolder } from '../../networks/shipped.ts';
import { createOrthancClient } from '../../pacs/orthancClient.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../output.ts';
import { findRunningServer } from '../runningServer.ts';
import { networkRoots, openModels, VERSION } from '../runtime.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function registerDoctor(program: Command, context: () => CommandContext): void {
  program
    .command('doctor')
    .description('what this machine has: engines, Orthanc, models, a running server')
    .action(async () => {
      const { output, dataDir, orthancUrl } = context();
      const findings: Finding[] = [
        { what: 'NoduleLab', ok: true, detail: VERSION },
        { what: 'Node.js', ok: Number(process.versions.node.split('.')[0]) >= 24, detail: process.version },
        ...(await orthanc(orthancUrl)),
        ...(await probeEngines()).map(({ name, available, version, reason }) => ({
          what: `engine ${name}`,
          ok: available,
          detail: [version, reason].filter(Boolean).join(': '),
        })),
        ...(await models(dataDir)),
        ...(await networks(dataDir)),
        ...(await server(dataDir)),
      ];
      output.result(
        { version: VERSION, findings },
        table(
          ['', 'what', 'detail'],
          findings.map(({ what, ok, detail }) => [ok ? 'ok' : '–', what, detail]),
        ),
      );
    });
}

async function orthanc(url: string | undefined): Promise<Finding[]> {
  if (url !== undefined) {
    const capabilities = await createOrthancClient({ baseUrl: url })
      .capabilities()
      .catch((error: unknown) => String(error));
    return typeof capabilities === 'string'
      ? [{ what: 'Orthanc', ok: false, detail: capabilities }]
      : [{ what: 'Orthanc', ok: true, detail: `${capabilities.version} at ${url}` }];
  }
  const found = findOrthanc();
  return [
    { what: 'Orthanc', ok: found.found, detail: found.found ? found.installation.executable : found.message },
  ];
}

async function models(dataDir: string): Promise<Finding[]> {
  const list = await openModels(dataDir).list();
  if (list.length === 0)
    return [{ what: 'model', ok: false, detail: 'none: train one with nodulelab train' }];
  return list.map((model) => ({
    what: `model ${model.name}`,
    ok: true,
    detail: [
      `${model.resolution}³`,
      model.updates === null ? 'made elsewhere' : `${model.updates} generator updates`,
      model.conditions.length === 0
        ? 'unconditional'
        : `asked for ${model.conditions.map(({ name }) => name).join(', ')}`,
      model.sha256.slice(0, 12),
    ].join(', '),
  }));
}

/** What measures: without them a preview is not checked by a detector, and nothing is evaluated in learned features. */
async function networks(dataDir: string): Promise<Finding[]> {
  return Promise.all(
    (['attributes', 'detector'] as const).map(async (kind): Promise<Finding> => {
      const folder = shippedNetworkFolder(kind, networkRoots(dataDir));
      if (folder === undefined)
        return {
          what: `network ${NETWORK_FOLDERS[kind]}`,
          ok: false,
          detail: `none: train one with nodulelab networks train ${kind}`,
        };
      return readNetworkCard(folder, kind).then(
        ({ name, trainingPatients, weights }) => ({
          what: `network ${name}`,
          ok: true,
          detail: `${kind}, trained on ${trainingPatients} patients, ${weights.sha256.slice(0, 12)}`,
        }),
        (error: unknown) => ({
          what: `network ${NETWORK_FOLDERS[kind]}`,
          ok: false,
          detail: error instanceof Error ? error.message : String(error),
        }),
      );
    }),
  );
}

async function server(dataDir: string): Promise<Finding[]> {
  if (!existsSync(dataDir)) return [{ what: 'data', ok: true, detail: `${dataDir} (not made yet)` }];
  const running = await findRunningServer(dataDir);
  return [
    { what: 'server', ok: running !== undefined, detail: running ? running.url : `none for ${dataDir}` },
  ];
}
