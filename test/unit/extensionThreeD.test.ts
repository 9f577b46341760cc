import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Nodule, PointLps } from '@nodulelab/contract';
import { openSide, sides } from '../../extension/src/geometry/openSide.ts';
import { cutPlanes, halfAround } from '../../extension/src/geometry/crop.ts';
import { focusOf } from '../../extension/src/state/focus.ts';
import { emptySession, type Session } from '../../extension/src/state/session.ts';
import { LUNG_PRESET, registerLungPreset } from '../../extension/src/viewer/lungPreset.ts';
import { placesWith3D, ThreeD, THREE_D_ID } from '../../extension/src/viewer/threeD.ts';
import type { CornerstoneLibrary, GridLayout, GridViewport, Services } from '../../extension/src/ohif.ts';
import { preview } from '../support/extensionDesk.ts';

const OWN = [
  { x: 0, y: 0, width: 0.62, height: 1 },
  { x: 0.62, y: 0, width: 0.38, height: 0.5 },
  { x: 0.62, y: 0.5, width: 0.38, height: 0.5 },
];

describe('the box around a place', () => {
  const within = (point: PointLps, centre: PointLps, half: number): boolean =>
    cutPlanes(centre, half).every(
      ({ origin, normal }) =>
        point.reduce((sum, at, axis) => sum + (at - origin[axis]!) * normal[axis]!, 0) >= 0,
    );

  test('keeps what is nearer than its half side along every axis, and nothing else', () => {
    const centre: PointLps = [-60, 20, -110];
    expect(within(centre, centre, 22)).toBe(true);
    expect(within([-60 + 21.9, 20 - 21.9, -110 + 21.9], centre, 22)).toBe(true);
    for (const axis of [0, 1, 2])
      for (const side of [-1, 1]) {
        const outside = centre.map((at, n) => (n === axis ? at + side * 22.1 : at)) as PointLps;
        expect(within(outside, centre, 22)).toBe(false);
      }
  });

  test('leaves room around a small nodule and around a large one', () => {
    expect(halfAround(4)).toBeGreaterThan(20);
    expect(halfAround(40)).toBeGreaterThan(40);
  });
});

describe('the side from which a place is looked at', () => {
  const towards = (a: PointLps, b: PointLps): number => a.reduce((sum, at, axis) => sum + at * b[axis]!, 0);

  test('is away from the chest wall, wherever that is', () => {
    for (const wall of [
      [1, 0, 0],
      [-1, 0, 0],
      [0, -1, 0],
      [0, 1, 0],
    ] as PointLps[]) {
      const huAt = (point: PointLps): number => (towards(point, wall) > 12 ? 40 : -850);
      const side = openSide(huAt, [0, 0, 0], 6, 24);
      expect(Math.hypot(...side)).toBeCloseTo(1);
      expect(towards(side, wall) * 24).toBeLessThan(12);
    }
  });

  test('is the front where nothing stands in the way, and the nodule itself never does', () => {
    const alone = (point: PointLps): number => (Math.hypot(...point) < 6 ? 40 : -850);
    expect(openSide(alone, [0, 0, 0], 9, 24)).toEqual(sides()[0]);
    expect(sides()[0]![1]).toBeLessThan(-0.8);
  });
});

describe('the grid with a rendering', () => {
  test('leaves the large plane where it is and puts the small ones above each other', () => {
    const places = placesWith3D(OWN);
    expect(places).toHaveLength(4);
    expect(places[0]).toEqual(OWN[0]);
    expect(places.slice(1).map(({ x }) => x)).toEqual([0.62, 0.62, 0.62]);
    expect(places.at(-1)!.y + places.at(-1)!.height).toBeCloseTo(1);
  });

  test('finds room beside whatever layout the reader has chosen', () => {
    const places = placesWith3D([
      { x: 0, y: 0, width: 0.5, height: 1 },
      { x: 0.5, y: 0, width: 0.5, height: 1 },
    ]);
    const area = places.reduce((sum, { width, height }) => sum + width * height, 0);
    expect(area).toBeCloseTo(1);
    expect(places).toHaveLength(3);
  });
});

/** The viewer's grid as far as it matters here: it asks for each position, and writes into what it is given. */
function grid(places: readonly object[]) {
  const names = ['nodulelab-axial', 'nodulelab-sagittal', 'nodulelab-coronal'];
  let viewports = new Map<string, GridViewport>(
    names.map((viewportId, n) => [
      viewportId,
      { viewportId, displaySetInstanceUIDs: ['ct'], viewportOptions: { viewportId }, ...places[n] },
    ]),
  );
  const ready: string[] = [];
  const viewportGridService = {
    getState: () => ({ viewports }),
    getActiveViewportId: () => 'nodulelab-sagittal',
    setViewportIsReady: (viewportId: string) => ready.push(viewportId),
    setLayout: ({ numRows, numCols, layoutOptions, findOrCreateViewport }: GridLayout) => {
      const found = new Map<string, GridViewport>();
      for (let position = 0; position < numRows * numCols; position++) {
        const place = layoutOptions[position];
        const viewport = place && findOrCreateViewport(position);
        if (viewport) found.set(viewport.viewportId, Object.assign(viewport, place));
      }
      viewports = found;
      return Promise.resolve();
    },
  };
  const services = {
    viewportGridService,
    cornerstoneViewportService: { getCornerstoneViewport: () => undefined },
  } as unknown as Services;
  const library = { CONSTANTS: { VIEWPORT_PRESETS: [] } } as unknown as CornerstoneLibrary;
  const placesNow = (): unknown[] =>
    [...viewports.values()].map(({ x, y, width, height }) => ({ x, y, width, height }));
  return { threeD: new ThreeD(services, library), ready, placesNow, viewports: () => viewports };
}

describe('the rendering on demand', () => {
  test('is a fourth viewport of the same series; the planes keep their names and what they show', async () => {
    const { threeD, ready, placesNow, viewports } = grid(OWN);
    expect(threeD.isShown()).toBe(false);
    await threeD.toggle('ct');
    expect(threeD.isShown()).toBe(true);
    expect([...viewports().keys()]).toEqual([
      'nodulelab-axial',
      'nodulelab-sagittal',
      'nodulelab-coronal',
      THREE_D_ID,
    ]);
    expect(placesNow()).toEqual(placesWith3D(OWN));
    expect(viewports().get(THREE_D_ID)).toMatchObject({
      displaySetInstanceUIDs: ['ct'],
      viewportOptions: { viewportType: 'volume3d', toolGroupId: 'volume3d' },
      displaySetOptions: [{ options: { displayPreset: { CT: LUNG_PRESET } } }],
    });
    expect(viewports().get('nodulelab-coronal')?.viewportOptions).toEqual({
      viewportId: 'nodulelab-coronal',
    });
    // The viewer would wait for ever for those that it only moved.
    expect(ready).toEqual(['nodulelab-axial', 'nodulelab-sagittal', 'nodulelab-coronal']);
    threeD.stop();
  });

  test('goes away again, and the planes stand where they stood', async () => {
    const { threeD, placesNow } = grid(OWN);
    await threeD.toggle('ct');
    await threeD.toggle('ct');
    expect(threeD.isShown()).toBe(false);
    expect(placesNow()).toEqual(OWN);
  });
});

/** A rendering that is there already, and writes down where it looks and when it draws. */
function rendering() {
  const done: string[] = [];
  let voxels: () => void = () => undefined;
  const onModified = (callback: () => void): object => {
    voxels = callback;
    return { unsubscribe: () => undefined };
  };
  const view = {
    type: 'volume3d',
    element: new EventTarget(),
    getVolumeId: () => 'volume',
    getActors: () => [{ actor: { getMapper: () => undefined } }],
    getCamera: () => ({ position: [0, -400, 0], focalPoint: [0, 0, 0], viewUp: [0, 0, 1] }),
    setCamera: ({ focalPoint }: { focalPoint: PointLps }) => done.push(`looks at ${focalPoint.join()}`),
    render: () => done.push('draws'),
  };
  const services = {
    viewportGridService: { getState: () => ({ viewports: new Map([[THREE_D_ID, {}]]) }) },
    cornerstoneViewportService: { getCornerstoneViewport: () => view },
  } as unknown as Services;
  const volume = { volumeId: 'volume', loadStatus: { loaded: true }, imageData: { onModified } };
  const library = {
    cache: { getVolume: () => volume },
    Enums: { Events: { CAMERA_RESET: 'reset' } },
    utilities: {},
  } as unknown as CornerstoneLibrary;
  const threeD = new ThreeD(services, library);
  threeD.aim({ point: [1, 1, 1], diameterMm: 8 });
  jest.advanceTimersByTime(1000);
  expect(done.splice(0)).toEqual(['looks at 1,1,1', 'draws']);
  return { threeD, done, change: () => voxels() };
}

describe('the rendering follows', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const there = { point: [5, 5, 5] as PointLps, diameterMm: 8 };

  test('a new place whose voxels change before it has been looked at, as at the end of a drag', () => {
    const { threeD, done, change } = rendering();
    threeD.aim(there);
    change();
    jest.advanceTimersByTime(1000);
    expect(done).toEqual(['looks at 5,5,5', 'draws', 'draws']);
  });

  test('voxels that change just before it is asked to look where it looks already', () => {
    const { threeD, done, change } = rendering();
    change();
    threeD.changed();
    jest.advanceTimersByTime(1000);
    expect(done).toEqual(['draws']);
  });

  test('the last of many changes only, and none once it has been taken away', () => {
    const { threeD, done, change } = rendering();
    for (let n = 0; n < 5; n++) change();
    jest.advanceTimersByTime(1000);
    expect(done.splice(0)).toEqual(['draws']);
    change();
    threeD.aim(there);
    threeD.stop();
    jest.advanceTimersByTime(1000);
    expect(done).toEqual([]);
  });
});

describe('what is looked at', () => {
  const nodule = { id: 'n', centre: [1, 1, 1], diameterMm: 8 } as unknown as Nodule;
  const session: Session = { ...emptySession, nodules: [nodule], selectedNoduleId: 'n' };

  test('is the place, else the last edit, else the selected nodule', () => {
    const edited = { ...session, stack: [preview('a', [5, 5, 5])] };
    expect(focusOf(session)?.point).toEqual([1, 1, 1]);
    expect(focusOf(edited)?.point).toEqual([5, 5, 5]);
    expect(focusOf({ ...edited, place: [9, 9, 9], diameterMm: 12 })).toEqual({
      point: [9, 9, 9],
      diameterMm: 12,
    });
    expect(focusOf(emptySession)).toBeNull();
  });
});

describe('the preset for lung nodules', () => {
  test('is as long as it says, clear in air, dense in tissue, and listed once', () => {
    const library = {
      CONSTANTS: { VIEWPORT_PRESETS: [] as { name: string; scalarOpacity: string; colorTransfer: string }[] },
    };
    registerLungPreset(library as unknown as CornerstoneLibrary);
    registerLungPreset(library as unknown as CornerstoneLibrary);
    const [found, ...others] = library.CONSTANTS.VIEWPORT_PRESETS;
    expect(others).toEqual([]);
    expect(found!.name).toBe(LUNG_PRESET);
    for (const list of [found!.scalarOpacity, found!.colorTransfer]) {
      const [count, ...values] = list.split(' ').map(Number);
      expect(values).toHaveLength(count!);
      expect(values.every(Number.isFinite)).toBe(true);
    }
    const pairs = found!.scalarOpacity.split(' ').slice(1).map(Number);
    const opacity = (hu: number): number => pairs[pairs.indexOf(hu) + 1]!;
    expect(opacity(-720)).toBe(0);
    expect(opacity(150)).toBeGreaterThan(0.8);
  });
});
