import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderToStaticMarkup } from 'react-dom/server';
import { Tour } from '../../extension/src/panel/Tour.tsx';
import { Tours } from '../../extension/src/service/tour.ts';
import { emptySession, type Session } from '../../extension/src/state/session.ts';
import { createStore } from '../../extension/src/state/store.ts';
import { STOPS, tourSeen } from '../../extension/src/state/tour.ts';

function browser(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  } as Storage;
}

function tours(storage: Storage | null = browser()) {
  const store = createStore<Session>(emptySession);
  return { store, storage, tour: new Tours(store, storage), at: () => store.get().tour };
}

describe('the tour', () => {
  test('is offered once in a browser, and begins at the first stop', () => {
    const first = tours();
    first.tour.offer();
    expect(first.at()).toBe(0);
    first.tour.end();
    first.tour.offer();
    expect(first.at()).toBeNull();
    const later = tours(first.storage);
    later.tour.offer();
    expect(later.at()).toBeNull();
  });

  test('is not offered at every visit by a browser that keeps nothing, but shown when asked for', () => {
    const { tour, at } = tours(null);
    tour.offer();
    expect(at()).toBeNull();
    tour.start();
    expect(at()).toBe(0);
    const broken = {
      getItem: () => {
        throw new Error('no storage');
      },
    } as unknown as Storage;
    expect(tourSeen(broken)).toBe(true);
  });

  test('goes on to its end and back to its beginning, and no farther', () => {
    const { tour, at } = tours();
    tour.move(1);
    expect(at()).toBeNull();
    tour.start();
    tour.move(-1);
    expect(at()).toBe(0);
    for (let stop = 1; stop < STOPS.length; stop++) {
      tour.move(1);
      expect(at()).toBe(stop);
    }
    tour.move(-1);
    expect(at()).toBe(STOPS.length - 2);
    tour.move(1);
    tour.move(1);
    expect(at()).toBeNull();
  });

  test('stands beside sections that there are', () => {
    const folder = join(import.meta.dirname, '../../extension/src/panel');
    const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    for (const { section } of STOPS)
      if (section !== null)
        expect(sources.some((source) => source.includes(`title="${section}"`))).toBe(true);
  });

  test('takes two minutes to read, no more', () => {
    const words = STOPS.flatMap(({ title, text }) => `${title} ${text}`.split(/\s+/)).length;
    expect(words / 200).toBeLessThan(2);
  });

  test('leaves the panel as it is while nobody is led', () => {
    const service = {} as Parameters<typeof Tour>[0]['service'];
    expect(renderToStaticMarkup(<Tour service={service} at={null} />)).not.toContain('dialog');
  });
});
