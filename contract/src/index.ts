/** What crosses the wire between the viewer, the command line and the server. */
export * from './primitives.ts';
export * from './annotation.ts';
export * from './lineage.ts';
export * from './nodule.ts';
export * from './annotationRequest.ts';
export * from './conditions.ts';
export * from './candidate.ts';
export * from './modelChoice.ts';
export * from './evaluation.ts';
export * from './classification.ts';
export * from './guard.ts';
export * from './proof.ts';
export * from './proposal.ts';
export * from './edit.ts';
export * from './job.ts';
export * from './training.ts';
export * from './routes.ts';
export { openApiDocument } from './openapi.ts';
