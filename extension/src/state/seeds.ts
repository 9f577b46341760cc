/** Seeds that a person can read out to another. */
export const rollSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! % 100_000;
