/** OpenAPI 3.1 from the zod schemas: the only source of the wire is contract/. */
import { z } from 'zod';
import { Problem } from './primitives.ts';
import { type Route, routes } from './routes.ts';
import { ServerEvent } from './job.ts';

const TITLES: Record<number, string> = {
  400: 'The request is malformed',
  403: 'Refused by a rule that protects patients or originals',
  404: 'There is no such thing',
  409: 'In conflict with the present state',
  422: 'Well formed but not usable, with the reason',
  502: 'The archive does not answer',
};

const schemaOf = (schema: z.ZodType): unknown => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'output' });
  return rest;
};

const jsonBody = (schema: z.ZodType): unknown => ({ 'application/json': { schema: schemaOf(schema) } });

function contentOf({ status, body, media }: Route['success']): { content?: unknown } {
  if (status === 204) return {};
  return { content: media === undefined ? jsonBody(body) : { [media]: {} } };
}

function operation(name: string, route: Route): unknown {
  const parameters = Object.entries(route.params?.shape ?? {}).map(([parameter, schema]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: schemaOf(schema as z.ZodType),
  }));
  const problems = Object.fromEntries(
    route.problems.map((status) => [
      String(status),
      { description: TITLES[status], content: { 'application/problem+json': { schema: schemaOf(Problem) } } },
    ]),
  );
  return {
    operationId: name,
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body ? { requestBody: { required: true, content: jsonBody(route.body) } } : {}),
    responses: {
      [String(route.success.status)]: {
        description: 'Success',
        ...contentOf(route.success),
      },
      ...problems,
    },
  };
}

/** The whole document. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = `/api${route.path.replace(/:(\w+)/g, '{$1}')}`;
    (paths[path] ??= {})[route.method] = operation(name, route);
  }
  paths['/api/events'] = {
    get: {
      operationId: 'events',
      summary: 'Server-sent events: jobs and new series as they happen',
      responses: {
        '200': {
          description: 'An event stream; the data of each event is a ServerEvent',
          content: { 'text/event-stream': { schema: schemaOf(ServerEvent) } },
        },
      },
    },
  };
  return {
    openapi: '3.1.0',
    info: { title: 'NoduleLab', version, description: 'Synthetic lung nodules inside the PACS viewer.' },
    paths,
  };
}
