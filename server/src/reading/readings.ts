/**
 * What readers answered: each case shown to each reader once, and repeats apart. Confidence runs from 1 (surely real) to 5
 * (surely synthetic); "synthetic" is the positive class throughout, so that an AUC of 0.5 means that nobody can tell.
 */
import { NoduleLabError } from '../volume/errors.ts';

export type Confidence = 1 | 2 | 3 | 4 | 5;

export interface Reading {
  readonly reader: string;
  readonly case: string;
  /** The truth, which no reader sees. */
  readonly synthetic: boolean;
  /** The forced choice. */
  readonly calledSynthetic: boolean;
  readonly confidence: Confidence;
}

/** Every reader has read every one of these cases. */
export interface CrossedReadings<R extends Reading = Reading> {
  readonly readers: readonly string[];
  readonly cases: readonly string[];
  /** One a case. */
  readonly synthetic: readonly boolean[];
  /** By reader, then by case. */
  readonly answers: readonly (readonly R[])[];
  /** Cases that somebody has not read; they count in no figure over readers. */
  readonly incomplete: readonly string[];
}

/**
 * The part of the readings that is crossed: cases that all readers have answered, in the order of their first answer.
 *
 * @throws where a reader has answered a case twice, or answers do not agree about the truth of a case
 */
export function crossedReadings<R extends Reading>(readings: readonly R[]): CrossedReadings<R> {
  const byReader = new Map<string, Map<string, R>>();
  const truth = new Map<string, boolean>();
  for (const reading of readings) {
    const known = truth.get(reading.case);
    if (known !== undefined && known !== reading.synthetic)
      throw new NoduleLabError(
        'invalid-input',
        `Case ${reading.case} is real in one answer and synthetic in another: a case has one truth.`,
        { case: reading.case },
      );
    truth.set(reading.case, reading.synthetic);
    const own = byReader.get(reading.reader) ?? new Map<string, R>();
    if (own.has(reading.case))
      throw new NoduleLabError(
        'invalid-input',
        `Reader ${reading.reader} has two answers to case ${reading.case}: give repeats apart.`,
        { reader: reading.reader, case: reading.case },
      );
    own.set(reading.case, reading);
    byReader.set(reading.reader, own);
  }
  const all = [...byReader.values()];
  const complete = (name: string): boolean => all.every((own) => own.has(name));
  const cases = [...truth.keys()].filter(complete);
  return {
    readers: [...byReader.keys()],
    cases,
    synthetic: cases.map((name) => truth.get(name)!),
    answers: all.map((own) => cases.map((name) => own.get(name)!)),
    incomplete: [...truth.keys()].filter((name) => !complete(name)),
  };
}
