import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as contract from '@nodulelab/contract';
import { openApiDocument, routes } from '@nodulelab/contract';
import type { z } from 'zod';

const here = path.join(import.meta.dirname, 'contract');
const packageJson = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../contract/package.json'), 'utf8'),
) as { version: string };

const fixtures = (folder: 'golden' | 'negative'): [string, z.ZodType, unknown][] =>
  readdirSync(path.join(here, folder)).map((file) => {
    const shape = file.split('.')[0]!;
    const schema = (contract as unknown as Record<string, z.ZodType | undefined>)[shape];
    if (!schema) throw new Error(`${file}: the contract has no shape ${shape}`);
    return [file, schema, JSON.parse(readFileSync(path.join(here, folder, file), 'utf8'))];
  });

describe('what crosses the wire', () => {
  test.each(fixtures('golden'))('%s is accepted and nothing of it is lost', (_, schema, value) => {
    expect(schema.parse(value)).toEqual(value);
  });

  test.each(fixtures('negative'))('%s is refused', (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });

  test('each shape that a route takes or answers has a fixture', () => {
    const covered = new Set(fixtures('golden').map(([, schema]) => schema));
    // These are a list of a covered shape, bytes, or nothing.
    const derived = new Set<z.ZodType>([
      contract.JobList,
      contract.PlaceRequest,
      contract.Bytes,
      routes.discard.success.body,
      routes.deleteAnnotation.success.body,
    ]);
    for (const [name, route] of Object.entries(routes)) {
      const shapes = [route.success.body, ...('body' in route ? [route.body] : [])] as z.ZodType[];
      for (const shape of shapes)
        expect([name, covered.has(shape) || derived.has(shape)]).toEqual([name, true]);
    }
  });

  test('a request for a place without a seed has the seed 0', () => {
    expect(contract.PlaceRequest.parse({ seriesInstanceUID: '1.2', diameterMm: 10 })).toMatchObject({
      seed: 0,
    });
  });
});

describe('the description of the interface', () => {
  const document = openApiDocument(packageJson.version);

  test('that is checked in is the one that the schemas give (npm run contract:generate)', () => {
    const checkedIn = readFileSync(path.join(import.meta.dirname, '../../contract/openapi.json'), 'utf8');
    expect(checkedIn).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });

  test('names every route once, with its parameters and its problems', () => {
    const operations = Object.entries(
      document['paths'] as Record<string, Record<string, { operationId: string }>>,
    ).flatMap(([address, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [operationId, method, address]),
    );
    expect(new Set(operations.map(([id]) => id)).size).toBe(operations.length);
    for (const [name, route] of Object.entries(routes))
      expect(operations).toContainEqual([name, route.method, `/api${route.path.replace(/:(\w+)/g, '{$1}')}`]);
  });

  test('every address with a parameter says what the parameter is', () => {
    for (const [name, route] of Object.entries(routes)) {
      const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, parameter]) => parameter);
      const declared = Object.keys('params' in route ? route.params.shape : {});
      expect([name, declared]).toEqual([name, inPath]);
    }
  });
});
