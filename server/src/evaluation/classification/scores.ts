/** What trained classifiers said of the test nodules of a design: what all figures are made of. */

/** A nodule that was tested. */
export interface TestNodule {
  readonly id: string;
  /** Nodules of a patient are drawn together. */
  readonly patient: string;
  readonly malignant: boolean;
  /** Largest in-plane diameter, mm. */
  readonly diameterMm: number;
}

/** One seed's answers, each nodule by the training of the fold in which its patient was tested. */
export interface SeedScores {
  /** Of malignancy, calibrated on that training's validation patients; one a nodule. */
  readonly probabilities: Float64Array;
  /** 1 where the probability reaches that training's threshold. */
  readonly called: Uint8Array;
  /**
   * Of synthetic benign nodules that no training has seen, in the same order for each seed; empty where there are none.
   * Each is answered by one training of the seed (probe i by that of fold i modulo folds), as a test nodule is: a mean over
   * folds would be less spread than the answers that it is held against.
   */
  readonly probes: Float64Array;
  /** 1 where the probability reaches that training's threshold. */
  readonly probesCalled: Uint8Array;
}

export interface ArmScores {
  readonly name: string;
  readonly kind: 'arm' | 'baseline' | 'check';
  readonly title: string;
  readonly text: string;
  readonly trainedOn: {
    readonly malignant: number;
    readonly benign: number;
    readonly syntheticMalignant: number;
    readonly syntheticBenign: number;
  };
  /** In the order of the protocol's seeds: the same for all arms, so that differences are paired. */
  readonly seeds: readonly SeedScores[];
}

/** Names of the baselines and of the arm that all are held against. */
export const DIAMETER = 'diameter';
export const DIAMETER_TEXTURE = 'diameter-texture';
export const REAL_ONLY = 'real';
