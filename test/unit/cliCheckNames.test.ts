import { describe, expect, test } from '@jest/globals';
import { checkNames } from '../../server/src/cli/checkNames.ts';

describe('the checks that a user confirms', () => {
  test('are named with commas between them', () => {
    expect(checkNames('seam, nearest-training,')).toEqual(['seam', 'nearest-training']);
  });

  test.each(['seam,nose', '', 'SEAM'])(
    'a name that no check has is refused with those that there are (%s)',
    (text) => {
      expect(() => checkNames(text)).toThrow(/they are .*seam.*nearest-training/);
    },
  );
});
