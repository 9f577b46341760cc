/**
 * The prebuilt OHIF viewer of `@ohif/app`, made fit to serve: without source maps and without the two optional
 * packages that NoduleLab never loads (whole-slide microscopy, in-browser inference), minified, and compressed
 * ahead of time (`.br` and `.gz` beside each text file), because brotli at a useful level is too slow per request.
 */
import { createHash } from 'node:crypto';
import { cp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { transform, version as esbuildVersion } from 'esbuild';

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);
const STAMP = '.stamp';
const PRUNED = /\.map$|[\\/]ort([\\/]|$)|dicom-microscopy-viewer/;
/** Files that the viewer loads by name and that are ours to write or already small. */
const LEAVE = /^(app-config|sw|google|init-service-worker)/;
const COMPRESSIBLE = new Set(['.js', '.css', '.wasm', '.html', '.svg', '.json']);
const SMALLEST_WORTH_COMPRESSING = 1024;

interface AppOptions {
  readonly force: boolean;
  readonly onProgress: (message: string, fraction: number) => void;
}

const sourceFolder = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('@ohif/app/package.json')), 'dist');

async function stampOf(source: string): Promise<string> {
  const manifest = await readFile(join(source, '../package.json'));
  const self = await readFile(import.meta.filename);
  return createHash('sha256').update(manifest).update(self).update(esbuildVersion).digest('hex');
}

/** Runs `work` over `items`, a few at a time: zlib and esbuild have threads of their own. */
async function eachOf<T>(items: readonly T[], work: (item: T, done: number) => Promise<void>): Promise<void> {
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item, done++);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

async function minify(folder: string, onProgress: AppOptions['onProgress']): Promise<void> {
  const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js') && !LEAVE.test(name));
  await eachOf(scripts, async (name, done) => {
    onProgress('Minifying the viewer', 0.1 + (0.4 * done) / scripts.length);
    const file = join(folder, name);
    const { code } = await transform(await readFile(file, 'utf8'), {
      minify: true,
      legalComments: 'none',
      target: 'es2022',
    });
    await writeFile(file, code);
  });
}

async function compress(folder: string, onProgress: AppOptions['onProgress']): Promise<void> {
  const names = (await readdir(folder)).filter(
    (name) => COMPRESSIBLE.has(extname(name)) && !LEAVE.test(name),
  );
  await eachOf(names, async (name, done) => {
    onProgress('Compressing the viewer', 0.5 + (0.45 * done) / names.length);
    const file = join(folder, name);
    const content = await readFile(file);
    if (content.length < SMALLEST_WORTH_COMPRESSING) return;
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    await writeFile(`${file}.br`, await brotli(content, { params }));
    await writeFile(`${file}.gz`, await gzipped(content, { level: 9 }));
  });
}

/** The page is OHIF's own; only its name in the browser's tab is ours. */
async function nameThePage(folder: string): Promise<void> {
  const file = join(folder, 'index.html');
  const page = await readFile(file, 'utf8');
  await writeFile(
    file,
    page
      .replace('<title>OHIF Viewer</title>', '<title>NoduleLab</title>')
      .replace('content="OHIF Viewer"', 'content="NoduleLab"'),
  );
}

/**
 * Builds into a folder beside `target` and swaps it in at the end, so a broken build leaves the old viewer whole.
 *
 * @returns false when `target` was up to date
 */
export async function buildApp(target: string, { force, onProgress }: AppOptions): Promise<boolean> {
  const source = sourceFolder();
  const stamp = await stampOf(source);
  const present = await readFile(join(target, STAMP), 'utf8').catch(() => '');
  if (present === stamp && !force) return false;

  const fresh = `${target}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  onProgress('Copying the viewer', 0.02);
  await cp(source, fresh, {
    recursive: true,
    filter: (path) => !PRUNED.test(path.slice(source.length)),
  });
  await nameThePage(fresh);
  await minify(fresh, onProgress);
  await compress(fresh, onProgress);
  await writeFile(join(fresh, STAMP), stamp);
  await rm(target, { recursive: true, force: true });
  try {
    await rename(fresh, target);
  } catch (error) {
    // Another process that built the same at the same time was first: its viewer is as good as ours.
    await rm(fresh, { recursive: true, force: true });
    const other = await readFile(join(target, STAMP), 'utf8').catch(() => '');
    if (other !== stamp) throw error;
  }
  return true;
}
