import { describe, expect, test } from '@jest/globals';
import { secondsLeft } from '../../server/src/jobs/timeLeft.ts';

describe('the time that a job will still take', () => {
  test('is what is left at the speed that it had so far', () => {
    expect(secondsLeft(0.25, 10_000)).toBe(30);
    expect(secondsLeft(0.5, 10_500)).toBe(11);
  });

  test('is not told before enough is known, nor of what is done', () => {
    expect(secondsLeft(0.01, 60_000)).toBeUndefined();
    expect(secondsLeft(0.5, 500)).toBeUndefined();
    expect(secondsLeft(1, 60_000)).toBeUndefined();
  });
});
