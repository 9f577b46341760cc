/**
 * The gates: one question each, answered by one figure or more. Limits stand in one table with their reasons; controls go
 * through the same function as the set that is judged.
 */
import { SPACES, VIEWS, type Space } from './patchGroup.ts';
import type { Figure, Gate } from './result.ts';

/** Limits, with the reason for each. */
export const LIMITS = {
  /** A quarter of the way from real nodules to ellipsoids; blurred and collapsed real nodules lie far beyond it. */
  position: 0.25,
  /** In widths of the interval in which real against real lies: what a few dozen nodules leave undecided is not held against a generator. */
  kidWidths: 3,
  /** Of what real nodules of other patients reach at the same number: the value itself depends on that number. */
  fidelityShare: 0.8,
  /** In widths of the interval of real pairs, on both sides: pairs more alike are a collapse, pairs less alike are noise. */
  diversityWidths: 1,
  /** 1 is as near to the training set as nodules of patients that were never trained on; a twentieth is left to chance. */
  memorisation: 0.95,
  /**
   * Share of near copies: a few among many do not move the mean distance. Near is what lies nearer than all but 1 % of the
   * held-out nodules do, so that an honest set has about 1 %; the rest is left to chance.
   */
  copies: 0.05,
  /** Of fewer held-out nodules the nearest one says what is near, and that is chance: so many honest sets may fail. */
  copiesChance: 0.01,
  /** Of a classifier that catches ellipsoids at 0.95 or more; 0.5 is guessing. */
  spotting: 0.8,
  /** AUC on ellipsoids below which a classifier proves nothing. */
  spottingProof: 0.95,
  /** Median relative error of the diameter in a CT: readers differ by about as much when they measure the same nodule. */
  diameter: 0.1,
  /** Share of patches that must show a nodule before anything is measured on nodules. */
  shown: 0.9,
} as const;

export const GATE_NAMES = [
  'frechet-attributes',
  'frechet-radiomics',
  'kid',
  'fidelity',
  'diversity',
  'memorisation',
  'spotting',
  'adherence',
] as const;
export type GateName = (typeof GATE_NAMES)[number];

/** Shares of small counts meet their limits exactly, and floating point would decide: 20 / 28 against 0.8 × 25 / 28. */
const ROUNDING = 1e-9;
export const atLeast = (value: number, limit: number): boolean =>
  value >= limit - ROUNDING * Math.max(1, Math.abs(limit));
export const atMost = (value: number, limit: number): boolean => atLeast(-value, -limit);

/** What one figure says to its gate. */
interface Judged {
  readonly passed: boolean | null;
  readonly found: string;
}

interface Rule {
  readonly rule: string;
  readonly figures: readonly string[];
  readonly judge: (figure: Figure, all: ReadonlyMap<string, Figure>) => Judged;
}

const places = (measure: string, spaces: readonly Space[] = SPACES): string[] =>
  spaces.flatMap((space) => VIEWS.map((view) => `${measure}/${space}/${view}`));

const PROOF = 'spotting/auc';
const DIAMETER = 'adherence/insertedDiameter';

const RULES: Readonly<Record<GateName, Rule>> = {
  'frechet-attributes': positionRule('attributes'),
  'frechet-radiomics': positionRule('radiomics'),
  kid: {
    rule: `Kernel distance at most ${LIMITS.kidWidths} widths above the interval of real against real, in both spaces and views`,
    figures: places('kid'),
    judge: (figure) =>
      withFloorInterval(figure, (value, low, high) => {
        const limit = high + LIMITS.kidWidths * (high - low);
        return { passed: atMost(value, limit), found: `${short(value)}, limit ${short(limit)}` };
      }),
  },
  fidelity: {
    rule: `Precision and coverage at least ${LIMITS.fidelityShare} of what real nodules reach against real ones, in both spaces and views`,
    figures: [...places('precision'), ...places('coverage')],
    judge: (figure) =>
      measuredWith(figure, figure.floor?.value, 'real against real was not computed', (value, floor) => {
        const limit = LIMITS.fidelityShare * floor;
        return { passed: atLeast(value, limit), found: `${short(value)}, at least ${short(limit)}` };
      }),
  },
  diversity: {
    rule: `Likeness of pairs (MS-SSIM) within the interval of real pairs, ${LIMITS.diversityWidths} width to either side`,
    figures: ['msSsim/pairs'],
    judge: (figure) =>
      withFloorInterval(figure, (value, low, high) => {
        const slack = LIMITS.diversityWidths * (high - low);
        return {
          passed: atLeast(value, low - slack) && atMost(value, high + slack),
          found: `${short(value)}, between ${short(low - slack)} and ${short(high + slack)}`,
        };
      }),
  },
  memorisation: {
    rule: `Distance to the nearest training nodule at least ${LIMITS.memorisation} of what it would be had they not been trained on, in pixels and in features; at most ${100 * LIMITS.copies} % near copies in pixels, or what ${100 * LIMITS.copiesChance} % of honest sets exceed where held-out nodules are few`,
    figures: ['memorisation/pixels', 'memorisation/features', 'copies/pixels'],
    judge: (figure) =>
      figure.key.startsWith('copies/')
        ? measuredWith(figure, mostCopies(figure.n.real), '', (value, limit) => ({
            passed: atMost(value, limit),
            found: `${short(value)}, at most ${short(limit)}`,
          }))
        : measuredWith(figure, LIMITS.memorisation, '', (value, limit) => ({
            passed: atLeast(value, limit),
            found: `${short(value)}, at least ${limit}`,
          })),
  },
  spotting: {
    rule: `A fresh classifier tells them from real ones with an AUC of at most ${LIMITS.spotting}; it must tell ellipsoids with ${LIMITS.spottingProof} or more`,
    figures: [PROOF],
    judge: (figure) =>
      measuredWith(figure, figure.bad?.value, 'it was not proved on ellipsoids', (value, proof) =>
        !atLeast(proof, LIMITS.spottingProof)
          ? {
              passed: null,
              found: `AUC ${short(value)} proves nothing: ellipsoids were told with ${short(proof)} only`,
            }
          : {
              passed: atMost(value, LIMITS.spotting),
              found: `AUC ${short(value)}, limit ${LIMITS.spotting}`,
            },
      ),
  },
  adherence: {
    rule: `Median relative error of the diameter, inserted into CTs, at most ${LIMITS.diameter}; requests dealt to other nodules must show more`,
    figures: [DIAMETER],
    judge: (figure) =>
      measuredWith(figure, figure.bad?.value, 'requests were not dealt to other nodules', (value, chance) =>
        atMost(chance, LIMITS.diameter)
          ? {
              passed: null,
              found: `${short(value)} proves nothing: requests dealt to other nodules show ${short(chance)}`,
            }
          : {
              passed: atMost(value, LIMITS.diameter),
              found: `${short(value)}, limit ${LIMITS.diameter}`,
            },
      ),
  },
};

/**
 * The share of an honest set that lies nearer than the nearest of n held-out nodules is Beta(1, n): it exceeds x with
 * probability (1 − x)ⁿ.
 */
const mostCopies = (heldOut: number): number =>
  Math.max(LIMITS.copies, 1 - LIMITS.copiesChance ** (1 / heldOut));

function positionRule(space: Space): Rule {
  return {
    rule:
      `Position P between real nodules (0) and ellipsoids (1) at most ${LIMITS.position} in ${space}, on the whole patch and scaled to the nodule` +
      `; at least ${100 * LIMITS.shown} % of the patches show a nodule`,
    figures: places('position', [space]),
    judge: (figure, all) => {
      const shown = all.get('shown/nodule')?.measured?.value;
      // Where there is no nodule nothing can be measured of it: that is a failure of the set, not of the measure.
      if (figure.measured === null && shown !== undefined && shown < LIMITS.shown)
        return { passed: false, found: `only ${percent(shown)} of the patches show a nodule` };
      return measuredWith(figure, LIMITS.position, '', (value, limit) =>
        positionJudged(figure, value, limit),
      );
    },
  };
}

/**
 * A low position is worth something only where the ellipsoids are clearly further away than real nodules are: elsewhere
 * the draws give no interval, and the gate stays open.
 */
function positionJudged({ measured, noInterval }: Figure, value: number, limit: number): Judged {
  const found = `P = ${short(value)}`;
  if (!atMost(value, limit)) return { passed: false, found: `${found}, limit ${limit}` };
  if (noInterval !== undefined) return { passed: null, found: `${found} without an interval says nothing` };
  const high = measured?.interval?.high ?? value;
  const reach = atMost(high, limit) ? '' : `, its interval reaches ${short(high)}`;
  return { passed: true, found: `${found}, limit ${limit}${reach}` };
}

/**
 * Judges all figures of one set. A gate fails where one of its figures does; it passes where all were computed and none
 * fails; otherwise nothing is said (`passed` null). A generator that takes no conditions is not asked about adherence.
 */
export function gatesOf(figures: readonly Figure[]): Gate[] {
  const all = new Map(figures.map((figure) => [figure.key, figure]));
  return GATE_NAMES.filter((name) => name !== 'adherence' || all.has(DIAMETER)).map((name): Gate => {
    const { rule, figures: keys, judge } = RULES[name];
    const present = keys.flatMap((key) => all.get(key) ?? []);
    const judged = present.map((figure) => ({ key: figure.key, ...judge(figure, all) }));
    const failed = judged.filter(({ passed }) => passed === false);
    const open = judged.filter(({ passed }) => passed === null);
    const whole = present.length === keys.length && open.length === 0;
    const passed = failed.length > 0 ? false : whole ? true : null;
    const told = failed.length > 0 ? failed : open.length > 0 ? open : judged;
    return {
      name,
      rule,
      figures: [...keys],
      passed,
      found: told.length === 0 ? 'not measured' : foundIn(told, keys.length),
    };
  });
}

/** What was found at each place; the same of several places is said once, with the places before it. */
function foundIn(told: readonly { readonly key: string; readonly found: string }[], figures: number): string {
  const places = new Map<string, string[]>();
  for (const { key, found } of told) places.set(found, [...(places.get(found) ?? []), placeOf(key)]);
  if (places.size === 1 && told.length === figures) return told[0]!.found;
  return [...places].map(([found, those]) => `${those.join(' and ')}: ${found}`).join('; ');
}

/** Names of the gates that a set failed. */
export const failedBy = (gates: readonly Gate[]): string[] =>
  gates.filter(({ passed }) => passed === false).map(({ name }) => name);

function measuredWith(
  { measured, notComputed }: Figure,
  limit: number | undefined,
  why: string,
  judge: (value: number, limit: number) => Judged,
): Judged {
  if (measured === null) return { passed: null, found: notComputed?.replace(/\.$/, '') ?? 'not computed' };
  return limit === undefined ? { passed: null, found: why } : judge(measured.value, limit);
}

const withFloorInterval = (
  figure: Figure,
  judge: (value: number, low: number, high: number) => Judged,
): Judged => {
  const interval = figure.floor?.interval;
  return measuredWith(
    figure,
    interval?.low,
    'real against real has no interval to be held against',
    (value, low) => judge(value, low, interval!.high),
  );
};

/** The measure as well where a gate has more than one, and where it was taken. */
function placeOf(key: string): string {
  const [measure, ...rest] = key.split('/');
  return `${measure === 'position' || measure === 'kid' ? '' : `${measure} `}${rest.join(', ')}`;
}

/** Three digits that count. */
export const short = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${Math.round(100 * share)} %`;
