/** Voxels of a preview are seen in viewports of every kind: which carry its badge, and which take their slice anew. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CornerstoneLibrary, Services } from '../../extension/src/ohif.ts';
import { Overlays } from '../../extension/src/viewer/overlays.ts';
import { emptyScene, type Scene } from '../../extension/src/viewer/scene.ts';
import { Viewports } from '../../extension/src/viewer/viewports.ts';

/** As much of an element as the overlays touch. */
class Plain extends EventTarget {
  readonly dataset: Record<string, string> = {};
  readonly style: Record<string, string> = {};
  readonly children: Plain[] = [];
  hidden = false;
  textContent = '';
  setAttribute(): void {}
  remove(): void {}
  append(...children: Plain[]): void {
    this.children.push(...children);
  }
}

const page = globalThis as unknown as Record<string, unknown>;

beforeEach(() => {
  page['document'] = { createElement: () => new Plain(), createElementNS: () => new Plain() };
  page['ImageData'] = class {};
  page['window'] = new EventTarget();
});
afterEach(() => {
  for (const name of ['document', 'ImageData', 'window']) delete page[name];
});

const CT = { displaySetInstanceUID: 'ct', SeriesInstanceUID: '1.1', Modality: 'CT' };
const OTHER = { displaySetInstanceUID: 'other', SeriesInstanceUID: '1.2', Modality: 'CT' };
const SEG = { displaySetInstanceUID: 'seg', SeriesInstanceUID: '1.3', Modality: 'SEG' };
const LISTED = [CT, OTHER, { ...SEG, referencedSeriesInstanceUID: '1.1' }];

interface Shown {
  readonly type: string;
  readonly uids: readonly string[];
  readonly image?: string;
}

/** A grid of viewports; the first of them is the active one. */
function screen(shown: Readonly<Record<string, Shown>>) {
  const rendered: string[] = [];
  const updated: unknown[] = [];
  const viewports = new Map(
    Object.entries(shown).map(([id, { type, image }]) => [
      id,
      {
        ...{ id, type, element: new Plain(), render: () => rendered.push(id) },
        getCornerstoneImage: () => image && { imageId: image },
        getImageData: () => image && { imageData: `copy of ${image}` },
        ...(type === 'stack' ? {} : { getVolumeId: () => undefined }),
      },
    ]),
  );
  const services = {
    viewportGridService: {
      getActiveViewportId: () => Object.keys(shown)[0],
      getState: () => ({
        viewports: new Map(
          Object.entries(shown).map(([viewportId, { uids }]) => [
            viewportId,
            { viewportId, displaySetInstanceUIDs: uids },
          ]),
        ),
      }),
    },
    displaySetService: {
      getDisplaySetByUID: (uid: string) =>
        LISTED.find(({ displaySetInstanceUID }) => displaySetInstanceUID === uid),
    },
    cornerstoneViewportService: { getCornerstoneViewport: (id: string) => viewports.get(id) },
  } as unknown as Services;
  const enabled = [...viewports.values()].map((viewport) => ({ viewport }));
  const library = {
    eventTarget: new EventTarget(),
    Enums: {
      Events: { ELEMENT_ENABLED: 'enabled', ELEMENT_DISABLED: 'disabled', IMAGE_RENDERED: 'rendered' },
    },
    getEnabledElements: () => enabled,
    getEnabledElement: (element: unknown) => enabled.find(({ viewport }) => viewport.element === element),
    utilities: {
      updateVTKImageDataWithCornerstoneImage: (copy: unknown, { imageId }: { imageId: string }) =>
        updated.push([copy, imageId]),
    },
  } as unknown as CornerstoneLibrary;
  const all = new Viewports(services, library);
  const badges = (): string[] =>
    [...viewports].flatMap(([id, { element }]) =>
      element.children.some(({ dataset, hidden }) => dataset['nodulelab'] === 'badge' && !hidden) ? [id] : [],
    );
  const overlays = (): Overlays => {
    const nothing = (): void => undefined;
    const handles = { begin: () => false, to: nothing, end: nothing, cancel: nothing, nudge: nothing };
    return new Overlays(library, all, nothing, handles, nothing);
  };
  return { all, badges, overlays, rendered, updated, viewport: (id: string) => viewports.get(id)! };
}

const PREVIEW: Scene = { ...emptyScene, badge: { text: 'PREVIEW', kind: 'preview' } };

describe('the badge of a preview', () => {
  const shown = {
    plane: { type: 'orthographic', uids: ['ct'] },
    slices: { type: 'stack', uids: ['ct'] },
    rendering: { type: 'volume3d', uids: ['ct'] },
    segmented: { type: 'stack', uids: ['seg'] },
    elsewhere: { type: 'stack', uids: ['other'] },
    empty: { type: 'stack', uids: [] },
  };

  test('stands on planes, slices and renderings of the CT, and on no other series', () => {
    const { badges, overlays } = screen(shown);
    const drawn = overlays();
    drawn.start();
    expect(badges()).toEqual([]);
    drawn.show(PREVIEW);
    expect(badges()).toEqual(['plane', 'slices', 'rendering', 'segmented']);
    drawn.show(emptyScene);
    expect(badges()).toEqual([]);
    drawn.stop();
  });

  test('comes to a viewport that is opened while a preview is shown, as soon as it has been rendered', () => {
    const { badges, overlays, viewport } = screen(shown);
    const drawn = overlays();
    drawn.show(PREVIEW);
    drawn.start();
    for (const id of ['slices', 'elsewhere']) viewport(id).element.dispatchEvent(new Event('rendered'));
    expect(badges()).toEqual(['slices']);
    drawn.stop();
  });

  test('stands on a viewport outside the grid that holds the volume of the CT', () => {
    const { all } = screen(shown);
    expect(all.showsHost({ id: 'beside', getVolumeId: () => 'volume:ct' })).toBe(true);
    expect(all.showsHost({ id: 'beside', getVolumeId: () => 'volume:other' })).toBe(false);
  });
});

describe('a viewport that shows slices one by one', () => {
  test('takes its slice anew when voxels in it have changed, and is left alone otherwise', () => {
    const { all, rendered, updated } = screen({
      plane: { type: 'orthographic', uids: ['ct'] },
      touched: { type: 'stack', uids: ['ct'], image: 'slice 3' },
      untouched: { type: 'stack', uids: ['ct'], image: 'slice 9' },
      loading: { type: 'stack', uids: ['ct'] },
    });
    all.renderSlices(new Set(['slice 2', 'slice 3']));
    expect(updated).toEqual([['copy of slice 3', 'slice 3']]);
    expect(rendered).toEqual(['touched']);
  });
});
