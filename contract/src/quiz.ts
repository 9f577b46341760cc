import { z } from 'zod';
import { Thumbnails } from './candidate.ts';
import { Uid } from './primitives.ts';

export const QuizRequest = z
  .object({
    seriesInstanceUID: Uid.describe('the CT that is open: its nodules come first'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .describe('the same seed and archive give the same pictures'),
    count: z.int().min(2).max(20).default(10).describe('at most: fewer where there are few real nodules'),
    model: z.string().min(1).max(64).optional().describe('the preferred one where absent'),
  })
  .meta({ id: 'QuizRequest' });
export type QuizRequest = z.infer<typeof QuizRequest>;

/** Nodules in their CTs, some real and some synthetic. A game: nothing of it is kept, and it is no study. */
export const Quiz = z
  .object({
    real: z
      .enum(['patients', 'phantom'])
      .describe('what "real" means here: nodules of patients, or those that the phantom was made with'),
    model: z.string(),
    fieldMm: z.number().positive().describe('edge of every picture'),
    questions: z
      .array(
        z.object({
          thumbnails: Thumbnails,
          real: z.boolean(),
          about: z.string().describe('what it was, told afterwards'),
        }),
      )
      .min(2),
  })
  .meta({ id: 'Quiz' });
export type Quiz = z.infer<typeof Quiz>;
