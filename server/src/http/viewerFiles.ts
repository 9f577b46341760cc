/** The prebuilt viewer as static files, compressed ahead of time where the build did so. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import express, { type RequestHandler } from 'express';

const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;
/** Bundles with a hash of their content in the name never change. */
const HASHED = /\.[0-9a-f]{16}\.(js|css|wasm)$|\/[0-9a-f]{16}\.(wasm|woff2)$/;

/** Answers a file by its compressed sibling where there is one that the client takes. */
export async function precompressed(folder: string): Promise<RequestHandler> {
  const names = existsSync(folder) ? await readdir(folder, { recursive: true }) : [];
  const available = new Set(names.map((name) => `/${name.split(path.sep).join('/')}`));
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const siblings = ENCODINGS.filter(({ suffix }) => available.has(`${request.path}${suffix}`));
    if (siblings.length === 0) return next();
    response.vary('Accept-Encoding');
    const accepted = request.acceptsEncodings(...siblings.map(({ name }) => name));
    const chosen = siblings.find(({ name }) => name === accepted);
    if (!chosen) return next();
    const { path: original } = request;
    // Compression of a range would be a range of the compressed bytes: send the whole.
    delete request.headers.range;
    response.type(path.extname(original)).set('Content-Encoding', chosen.name);
    request.url = request.url.replace(original, `${original}${chosen.suffix}`);
    next();
  };
}

/** The files of the viewer; not its page. */
export function viewerFiles(folder: string): RequestHandler {
  return express.static(folder, {
    index: false,
    redirect: false,
    setHeaders(response, file) {
      const original = file.replace(/\.(br|gz)$/, '');
      if (original !== file && response.hasHeader('Content-Encoding')) response.type(path.extname(original));
      response.set(
        'Cache-Control',
        HASHED.test(original) ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
}

/** The page of the viewer for every address that is one of its own routes. */
export function viewerPage(folder: string): RequestHandler {
  return (request, response, next) => {
    const isFile = /\.[a-z0-9]{2,5}$/i.test(request.path);
    if (request.method !== 'GET' || isFile || request.path.startsWith('/api/')) return next();
    response.set('Cache-Control', 'no-cache').sendFile('index.html', { root: folder });
  };
}
