import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createEvents } from '../../server/src/jobs/events.ts';
import { throttle } from '../../server/src/jobs/throttle.ts';

describe('a throttle', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('lets the first call through at once and the last one of a burst after the interval', () => {
    let state = 0;
    const seen: number[] = [];
    const progress = throttle(200, () => seen.push(state));
    for (state = 1; state <= 50; state++) progress.call();
    expect(seen).toEqual([1]);
    state = 50;
    jest.advanceTimersByTime(199);
    expect(seen).toEqual([1]);
    jest.advanceTimersByTime(1);
    expect(seen).toEqual([1, 50]);
    jest.advanceTimersByTime(10_000);
    expect(seen).toEqual([1, 50]);
  });

  test('never passes more than one call an interval, however they come', () => {
    const times: number[] = [];
    const progress = throttle(200, () => times.push(Date.now()));
    for (let i = 0; i < 1000; i++) {
      progress.call();
      jest.advanceTimersByTime(7);
    }
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    expect(times.length).toBeGreaterThan(30);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(200);
  });

  test('drops what waits when it is cancelled', () => {
    let calls = 0;
    const progress = throttle(200, () => (calls += 1));
    progress.call();
    progress.call();
    progress.cancel();
    jest.advanceTimersByTime(1000);
    expect(calls).toBe(1);
  });
});

describe('events', () => {
  const event = {
    type: 'series-created',
    studyInstanceUID: '1',
    seriesInstanceUID: '1.2',
    sourceSeriesInstanceUID: '1.1',
  } as const;

  test('reach every listener, even when one of them throws', () => {
    const errors: unknown[] = [];
    const heard: string[] = [];
    const events = createEvents((error) => errors.push(error));
    events.subscribe(() => {
      throw new Error('broken listener');
    });
    const end = events.subscribe(({ type }) => heard.push(type));
    events.emit(event);
    end();
    events.emit(event);
    expect(heard).toEqual(['series-created']);
    expect(errors).toHaveLength(2);
  });

  test('a listener that leaves while an event is told does not keep it from the next', () => {
    const events = createEvents();
    const heard: string[] = [];
    const end = events.subscribe(() => {
      heard.push('first');
      end();
    });
    events.subscribe(() => heard.push('second'));
    events.emit(event);
    events.emit(event);
    expect(heard).toEqual(['first', 'second', 'second']);
  });
});
