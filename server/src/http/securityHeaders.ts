/** Headers that keep the viewer to its own origin: no request leaves it, no other page embeds it. */
import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** The source expression of an inline script (CSP Level 3, section 2.3.1). */
export const scriptHash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The texts of the inline scripts of a page. */
export function inlineScriptsOf(page: string): string[] {
  return [...page.matchAll(/<script(?<attributes>[^>]*)>(?<text>[\s\S]*?)<\/script>/g)]
    .filter(({ groups }) => !/\ssrc=/.test(groups?.['attributes'] ?? ''))
    .flatMap(({ groups }) => (groups?.['text'] ? [groups['text']] : []));
}

/** For a page that carries its style and pictures in it and runs no script: a report. */
export const PAGE_WITHOUT_SCRIPT =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** @param inlineScripts the only inline scripts that may run, by their exact text */
export function securityHeaders(inlineScripts: readonly string[]): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // The image decoders of the viewer (wasm with generated glue code) and its shaders need eval; scripts still
        // come from this origin alone.
        scriptSrc: ["'self'", "'unsafe-eval'", "'wasm-unsafe-eval'", ...inlineScripts.map(scriptHash)],
        workerSrc: ["'self'", 'blob:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    // The server speaks plain HTTP on loopback; behind TLS the proxy in front says this.
    strictTransportSecurity: false,
    // Thumbnails and canvases are shared between workers of this origin only; isolation is not needed.
    crossOriginEmbedderPolicy: false,
    originAgentCluster: false,
  });
}
