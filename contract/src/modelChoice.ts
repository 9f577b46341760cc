import { z } from 'zod';

const ModelName = z.string().min(1).max(64);

/** The generator that is used where none is named, by everybody who works with this server. */
export const CurrentModel = z
  .object({
    name: ModelName.nullable().describe('null where there is no model at all'),
    chosen: z.boolean().describe('false where nobody chose: then it is the finest one'),
    since: z.iso.datetime().nullable().describe('when it was chosen'),
    former: ModelName.nullable().describe('what was current before and is still here: the way back'),
    missing: ModelName.nullable().describe('what was chosen but is not here any more'),
  })
  .meta({ id: 'CurrentModel' });
export type CurrentModel = z.infer<typeof CurrentModel>;

export const ChooseModel = z
  .object({ name: ModelName.nullable().describe('null: nobody chooses, the finest one is taken') })
  .meta({ id: 'ChooseModel' });
export type ChooseModel = z.infer<typeof ChooseModel>;

export const CompareModels = z
  .object({
    models: z
      .array(ModelName)
      .min(2)
      .max(6)
      .refine((names) => new Set(names).size === names.length, { message: 'each model once' }),
  })
  .meta({ id: 'CompareModels' });
export type CompareModels = z.infer<typeof CompareModels>;

/** Models side by side, in words: the same in the viewer and on the command line. */
export const ModelComparison = z
  .object({
    models: z.array(ModelName).describe('the columns'),
    groups: z.array(
      z.object({
        title: z.string(),
        rows: z.array(
          z.object({
            title: z.string(),
            hint: z.string().nullable().describe('what it means'),
            cells: z
              .array(
                z.object({
                  text: z.string(),
                  verdict: z.enum(['good', 'bad', 'unknown']).nullable().describe('of a gate'),
                }),
              )
              .describe('one a model, in their order'),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'ModelComparison' });
export type ModelComparison = z.infer<typeof ModelComparison>;
