/** Writes contract/openapi.json; a test regenerates it and compares, so that drift fails. */
import { writeFileSync } from 'node:fs';
import { openApiDocument } from './src/index.ts';
import packageJson from './package.json' with { type: 'json' };

writeFileSync(
  new URL('openapi.json', import.meta.url),
  `${JSON.stringify(openApiDocument(packageJson.version), null, 2)}\n`,
);
