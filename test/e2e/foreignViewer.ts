/**
 * Another OHIF: the files of `@ohif/app` as npm ships them, none changed. Only its configuration is its own: what it ships, its
 * archive, and what docs/another-ohif.md tells its keeper to append.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const DIST = join(dirname(createRequire(import.meta.url).resolve('@ohif/app/package.json')), 'dist');
const DOCUMENTATION = join(import.meta.dirname, '../../docs/another-ohif.md');

export interface ForeignViewer {
  readonly url: string;
  close(): Promise<void>;
}

/** What the documentation says is to be appended. */
async function documented(): Promise<string> {
  const found = /```js\n([\s\S]*?)```/.exec(await readFile(DOCUMENTATION, 'utf8'))?.[1];
  if (found === undefined) throw new Error('the documentation has no configuration');
  return found;
}

/** Its archive, under a name of its own. */
const ownSource = `
window.config.defaultDataSourceName = 'hospital';
window.config.dataSources = [{
  namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
  sourceName: 'hospital',
  configuration: {
    friendlyName: 'Hospital', name: 'hospital', wadoUriRoot: '/dicom-web', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web',
    qidoSupportsIncludeField: true, imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true,
    supportsWildcard: true, omitQuotationForMultipartRequest: true,
    bulkDataURI: { enabled: true, relativeResolution: 'studies' },
  },
}];
`;

/** @param nodulelab address of its server */
export async function startForeignViewer(nodulelab: string): Promise<ForeignViewer> {
  const config = [await readFile(join(DIST, 'app-config.js'), 'utf8'), ownSource, await documented()].join(
    '\n',
  );
  const app = express();
  app.use(
    createProxyMiddleware({
      target: nodulelab,
      pathFilter: ['/api', '/dicom-web', '/nodulelab'],
      changeOrigin: false,
      pathRewrite: { '^/nodulelab/': '/plugins/' },
    }),
  );
  app.get('/app-config.js', (_request, response) => void response.type('js').send(config));
  app.use(express.static(DIST, { index: false }));
  app.use((request, response, next) => {
    if (request.method !== 'GET' || /\.[a-z0-9]{2,5}$/i.test(request.path)) return next();
    response.sendFile('index.html', { root: DIST });
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
