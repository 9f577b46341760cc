/** Levels of the networks: level 0 is 4³, each further one doubles. */
export interface Level {
  readonly resolution: number;
  readonly channels: number;
}

export const resolutionOf = (level: number): number => 4 * 2 ** level;
