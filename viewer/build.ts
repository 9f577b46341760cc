/**
 * Makes the viewer that the server serves: `viewer/dist/app` (the prebuilt OHIF viewer, pruned, minified and
 * precompressed) and `viewer/dist/plugins` (our extension and mode as two ES modules).
 *
 * The viewer is built once per OHIF version and takes seconds; the plugins are bundled on every call (tens of
 * milliseconds), so an edit is one `node viewer/build.ts` away.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type OutputFile, type Plugin } from 'esbuild';
import { buildApp } from './app.ts';

const here = import.meta.dirname;

/** Where the server finds what was built. */
export const VIEWER_DIST = join(here, 'dist');
export const APP_DIST = join(VIEWER_DIST, 'app');
export const PLUGINS_DIST = join(VIEWER_DIST, 'plugins');

export interface BuildOptions {
  /** Build the viewer anew even when it is up to date. */
  readonly force?: boolean;
  /** Told of each step and how far it is, 0 to 1. */
  readonly onProgress?: (message: string, fraction: number) => void;
}

export interface BuildReport {
  /** False when the viewer was up to date and left as it was. */
  readonly appBuilt: boolean;
  readonly seconds: number;
}

/** Zod brings its messages in fifty languages along; the panel shows none of them. */
const withoutLocales: Plugin = {
  name: 'without-locales',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, () => ({ path: 'locales', namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export {};', loader: 'js' }));
  },
};

/** Leaves an equal file alone and never shows half of a new one: a server beside this one may be serving it. */
async function replaceFile(path: string, contents: Uint8Array): Promise<void> {
  const present = await readFile(path).catch(() => null);
  if (present?.equals(contents)) return;
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, contents);
  await rename(fresh, path);
}

/** The extension and the mode as they are served, each with its source map; nothing is written. */
export async function bundlePlugins(): Promise<readonly OutputFile[]> {
  const { outputFiles } = await build({
    entryPoints: {
      extension: join(here, '../extension/src/index.tsx'),
      'mode-synthesis': join(here, '../modes/synthesis/src/index.ts'),
    },
    outdir: PLUGINS_DIST,
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [withoutLocales],
    logLevel: 'warning',
    write: false,
  });
  return outputFiles;
}

/** Bundles the extension and the mode into `viewer/dist/plugins/{extension,mode-synthesis}.js`. */
export async function buildPlugins(): Promise<void> {
  await mkdir(PLUGINS_DIST, { recursive: true });
  for (const { path, contents } of await bundlePlugins()) await replaceFile(path, contents);
}

/** Builds whatever is not up to date. */
export async function buildViewer(options: BuildOptions = {}): Promise<BuildReport> {
  const started = performance.now();
  const onProgress = options.onProgress ?? (() => undefined);
  const appBuilt = await buildApp(APP_DIST, { force: options.force ?? false, onProgress });
  onProgress('Bundling the extension and the mode', 0.98);
  await buildPlugins();
  const seconds = (performance.now() - started) / 1000;
  onProgress('Viewer ready', 1);
  return { appBuilt, seconds };
}

if (process.argv[1] === import.meta.filename) {
  let last = '';
  const { appBuilt, seconds } = await buildViewer({
    force: process.argv.includes('--force'),
    onProgress: (message) => {
      if (message !== last) process.stdout.write(`${message}\n`);
      last = message;
    },
  });
  process.stdout.write(
    `${appBuilt ? 'Viewer and plugins' : 'Plugins (the viewer was up to date)'}: ${seconds.toFixed(1)} s\n`,
  );
}
