/** Routes of the generators: which there are, which is preferred, how they stand beside each other. */
import { z } from 'zod';
import { ModelList, ModelPictureName } from './candidate.ts';
import { ChooseModel, CompareModels, CurrentModel, ModelComparison } from './modelChoice.ts';
import { Bytes } from './primitives.ts';

const name = z.string().min(1).max(64);

export const modelRoutes = {
  models: {
    method: 'get',
    path: '/models',
    summary: 'Generators that can make candidates',
    success: { status: 200, body: ModelList },
    problems: [],
  },
  currentModel: {
    method: 'get',
    path: '/current-model',
    summary: 'The generator that is used where none is named',
    success: { status: 200, body: CurrentModel },
    problems: [],
  },
  chooseModel: {
    method: 'put',
    path: '/current-model',
    summary: 'Prefer a generator for everybody who works with this server, from now on',
    body: ChooseModel,
    success: { status: 200, body: CurrentModel },
    problems: [400, 404],
  },
  compareModels: {
    method: 'post',
    path: '/model-comparisons',
    summary:
      'Generators side by side: networks, training set, evaluation, classifiers, speed on this machine, terms',
    body: CompareModels,
    success: { status: 200, body: ModelComparison },
    problems: [400, 404],
  },
  modelReport: {
    method: 'get',
    path: '/models/:name/report',
    summary: 'The report of the evaluation of a model as one page',
    params: z.object({ name }),
    success: { status: 200, body: Bytes, media: 'text/html' },
    problems: [400, 404],
  },
  modelClassification: {
    method: 'get',
    path: '/models/:name/classification',
    summary: 'The report of what classifiers learned from the nodules of a model as one page',
    params: z.object({ name }),
    success: { status: 200, body: Bytes, media: 'text/html' },
    problems: [400, 404],
  },
  modelPicture: {
    method: 'get',
    path: '/models/:name/pictures/:picture',
    summary: 'A picture of what a model makes, PNG or JPEG',
    params: z.object({ name, picture: ModelPictureName }),
    success: { status: 200, body: Bytes, media: 'image/*' },
    problems: [400, 404],
  },
} as const;
