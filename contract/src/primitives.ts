import { z } from 'zod';

/** DICOM UID (PS3.5 section 9): at most 64 characters of digits and dots. */
export const Uid = z
  .string()
  .max(64)
  .regex(/^[0-9]+(\.[0-9]+)*$/, 'a DICOM UID: digits and dots, at most 64 characters')
  .meta({ id: 'Uid', description: 'DICOM unique identifier' });

/** Patient point, LPS mm. Array indices never cross the wire. */
export const PointLps = z
  .tuple([z.number(), z.number(), z.number()])
  .meta({ id: 'PointLps', description: 'Patient coordinates in mm: left, posterior, superior' });
export type PointLps = z.infer<typeof PointLps>;

export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ id: 'Sha256' });

/** A value with the interval that it lies in; without one where none could be computed. */
export const Measured = z.object({
  value: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
});
export type Measured = z.infer<typeof Measured>;

/** Opaque identifier given by the server. */
export const Id = z.string().min(1).max(128);

/** RFC 9457 problem answer: the body of every error. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    kind: z.enum([
      'invalid-input',
      'signed-out',
      'not-found',
      'refused',
      'conflict',
      'unusable',
      'upstream',
      'cancelled',
      'internal',
    ]),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });
export type Problem = z.infer<typeof Problem>;

/** The body of an answer that is no JSON. */
export const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes');
