/**
 * Readers and cases to be drawn: each answer rests on what this reader, this case and both together add to how synthetic it looks
 * (Roe and Metz, Acad. Radiol. 4:298, 1997), cut into five confidences and a forced choice. What is true of the model is known
 * exactly, so that intervals can be held against it.
 */
import { normalCdf } from '../../evaluation/quantiles.ts';
import type { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';

const { PI, exp, sqrt } = Math;

export interface ReaderModel {
  readonly readers: number;
  readonly real: number;
  readonly synthetic: number;
  /** Of these cases of each class, shown once more. */
  readonly repeated: number;
  /** By how much synthetic ones look more synthetic; 0 where nobody can tell. */
  readonly separation: number;
  /** Standard deviations of what adds up: reader, case, both together and lasting, and of the moment. */
  readonly readerSd: number;
  readonly caseSd: number;
  readonly bothSd: number;
  readonly momentSd: number;
}

/** As many readers and cases as a small study has; readers differ, cases differ more. */
export const USUAL_MODEL: ReaderModel = {
  readers: 6,
  real: 50,
  synthetic: 50,
  repeated: 8,
  separation: 0.4,
  readerSd: 0.25,
  caseSd: 0.5,
  bothSd: 0.6,
  momentSd: 0.6,
};

/** Between confidences 1 | 2 | 3 | 4 | 5, around what lies halfway between real and synthetic. */
const CUTS = [-1, -0.35, 0.35, 1] as const;

export interface DrawnStudy {
  /** One a case: the real ones, then the synthetic ones. */
  readonly synthetic: readonly boolean[];
  readonly readers: readonly DrawnReader[];
  /** Indices of cases that all have read twice. */
  readonly repeated: readonly number[];
}

export interface DrawnReader {
  /** What this reader adds to real cases and to synthetic ones. */
  readonly bias: readonly [number, number];
  readonly confidences: Uint8Array;
  readonly calledSynthetic: readonly boolean[];
  /** Second forced choices, in the order of `repeated`. */
  readonly again: readonly boolean[];
}

export function checkModel(model: ReaderModel): void {
  for (const name of ['readers', 'real', 'synthetic'] as const)
    if (!(Number.isInteger(model[name]) && model[name] >= 2))
      throw new NoduleLabError(
        'invalid-input',
        `A simulated study needs ${name} of 2 or more and has ${model[name]}.`,
      );
  for (const name of ['readerSd', 'caseSd', 'bothSd'] as const)
    if (!(model[name] >= 0))
      throw new NoduleLabError('invalid-input', `${name} is 0 or more and is ${model[name]}.`);
  if (!(model.momentSd > 0))
    throw new NoduleLabError('invalid-input', `momentSd is above 0 and is ${model.momentSd}.`);
  if (!(
    Number.isInteger(model.repeated) &&
    model.repeated >= 0 &&
    model.repeated <= Math.min(model.real, model.synthetic)
  ))
    throw new NoduleLabError(
      'invalid-input',
      `Repeats are taken from the cases of each class: ${model.repeated} is not possible.`,
    );
}

export function drawStudy(model: ReaderModel, random: Random): DrawnStudy {
  const { real, separation, readerSd, caseSd, bothSd, momentSd, repeated } = model;
  const cases = real + model.synthetic;
  const synthetic = Array.from({ length: cases }, (_, i) => i >= real);
  const ofCase = Float64Array.from({ length: cases }, () => caseSd * random.gaussian());
  // Cases are drawn at random, so that the first ones of each class are a random choice.
  const twice = [
    ...Array.from({ length: repeated }, (_, i) => i),
    ...Array.from({ length: repeated }, (_, i) => real + i),
  ];
  const readers = Array.from({ length: model.readers }, (): DrawnReader => {
    const bias = [readerSd * random.gaussian(), readerSd * random.gaussian()] as const;
    const lasting = Float64Array.from(
      { length: cases },
      (_, i) =>
        (synthetic[i] ? separation / 2 + bias[1] : bias[0] - separation / 2) +
        ofCase[i]! +
        bothSd * random.gaussian(),
    );
    const looks = lasting.map((value) => value + momentSd * random.gaussian());
    return {
      bias,
      confidences: Uint8Array.from(looks, (value) => 1 + CUTS.filter((cut) => value > cut).length),
      calledSynthetic: Array.from(looks, (value) => value > 0),
      again: twice.map((i) => lasting[i]! + momentSd * random.gaussian() > 0),
    };
  });
  return { synthetic, readers, repeated: twice };
}

/** What is true of all readers and cases that could be drawn. */
export function truthOf(model: ReaderModel): {
  accuracy: number;
  realCalledReal: number;
  syntheticCalledReal: number;
  auc: number;
} {
  const { separation, readerSd, caseSd, bothSd, momentSd, real, synthetic } = model;
  const sd = sqrt(readerSd ** 2 + caseSd ** 2 + bothSd ** 2 + momentSd ** 2);
  const below = (cut: number, mean: number): number => (cut === Infinity ? 1 : normalCdf((cut - mean) / sd));
  const [ofReal, ofSynthetic] = [-separation / 2, separation / 2];
  const shares = (mean: number): number[] =>
    [...CUTS, Infinity].map((cut, k) => below(cut, mean) - (k === 0 ? 0 : below(CUTS[k - 1]!, mean)));
  const [realShares, syntheticShares] = [shares(ofReal), shares(ofSynthetic)];
  let auc = 0;
  syntheticShares.forEach((share, k) => {
    realShares.forEach((other, m) => {
      auc += share * other * (k > m ? 1 : k === m ? 0.5 : 0);
    });
  });
  const realCalledReal = below(0, ofReal);
  const syntheticCalledReal = below(0, ofSynthetic);
  return {
    accuracy: (real * realCalledReal + synthetic * (1 - syntheticCalledReal)) / (real + synthetic),
    realCalledReal,
    syntheticCalledReal,
    auc,
  };
}

/** The accuracy of one drawn reader over all cases that could be drawn. */
export function readerAccuracy(model: ReaderModel, [onReal, onSynthetic]: readonly [number, number]): number {
  const { separation, caseSd, bothSd, momentSd, real, synthetic } = model;
  const sd = sqrt(caseSd ** 2 + bothSd ** 2 + momentSd ** 2);
  const right =
    normalCdf((separation / 2 - onReal) / sd) * real +
    normalCdf((separation / 2 + onSynthetic) / sd) * synthetic;
  return right / (real + synthetic);
}

/** Kappa among the drawn readers, and of each with himself, over all cases that could be drawn. */
export function readerKappas(
  model: ReaderModel,
  biases: readonly (readonly [number, number])[],
): { among: number; repeated: number } {
  const { separation, caseSd, bothSd, momentSd, real, synthetic } = model;
  const readers = biases.length;
  let [agreedAmong, agreedAlone, calledAll, calledRepeated] = [0, 0, 0, 0];
  for (const kind of [0, 1] as const) {
    const share = (kind ? synthetic : real) / (real + synthetic);
    const mean = kind ? separation / 2 : -separation / 2;
    // Given the case, readers answer independently of each other.
    agreedAmong +=
      share *
      overNormal((z) => {
        let [sum, squares] = [0, 0];
        for (const bias of biases) {
          const p = normalCdf((mean + bias[kind] + caseSd * z) / sqrt(bothSd ** 2 + momentSd ** 2));
          sum += p;
          squares += p * p;
        }
        const both = sum * sum - squares;
        const neither = (readers - sum) ** 2 - (readers - 2 * sum + squares);
        return (both + neither) / (readers * (readers - 1));
      });
    for (const bias of biases) {
      const p = normalCdf((mean + bias[kind]) / sqrt(caseSd ** 2 + bothSd ** 2 + momentSd ** 2));
      calledAll += (share * p) / readers;
      // As many of each class are repeated.
      calledRepeated += (0.5 * p) / readers;
      agreedAlone +=
        (0.5 / readers) *
        overNormal((z) => {
          const again = normalCdf((mean + bias[kind] + sqrt(caseSd ** 2 + bothSd ** 2) * z) / momentSd);
          return again * again + (1 - again) ** 2;
        });
    }
  }
  const kappa = (agreed: number, called: number): number => {
    const expected = called ** 2 + (1 - called) ** 2;
    return (agreed - expected) / (1 - expected);
  };
  return { among: kappa(agreedAmong, calledAll), repeated: kappa(agreedAlone, calledRepeated) };
}

/** The mean of f(Z) over the standard normal, by the trapezium rule: its error is far below 1e-6 for smooth f. */
function overNormal(f: (z: number) => number): number {
  const STEP = 0.25;
  let sum = 0;
  for (let z = -6; z <= 6; z += STEP) sum += f(z) * exp((-z * z) / 2);
  return (sum * STEP) / sqrt(2 * PI);
}
