/**
 * Axial large on the left, sagittal above coronal on the right, all in the lung window. A browser that draws no volumes
 * is given the slices one by one instead of an error.
 */

export const PROTOCOL_ID = 'nodulelabMpr';

/** W 1500, L -600: the usual lung window, in which ground glass is seen. */
const LUNG = { windowWidth: 1500, windowCenter: -600 } as const;

const viewport = (orientation: 'axial' | 'sagittal' | 'coronal'): unknown => ({
  viewportOptions: {
    viewportId: `nodulelab-${orientation}`,
    toolGroupId: 'mpr',
    viewportType: 'volume',
    orientation,
    allowUnmatchedView: true,
    initialImageOptions: { preset: 'middle' },
    // No sync groups: OHIF's own MPR protocol copies window and colours between viewports and fights with previews.
    syncGroups: [],
  },
  displaySets: [{ id: 'ct', options: { voi: LUNG } }],
});

const planes: unknown = {
  id: 'mpr',
  name: 'Axial, sagittal, coronal',
  viewportStructure: {
    layoutType: 'grid',
    properties: {
      rows: 2,
      columns: 3,
      layoutOptions: [
        { x: 0, y: 0, width: 0.62, height: 1 },
        { x: 0.62, y: 0, width: 0.38, height: 0.5 },
        { x: 0.62, y: 0.5, width: 0.38, height: 0.5 },
      ],
    },
  },
  viewports: [viewport('axial'), viewport('sagittal'), viewport('coronal')],
};

const slices: unknown = {
  id: 'slices',
  name: 'Slices',
  viewportStructure: { layoutType: 'grid', properties: { rows: 1, columns: 1 } },
  viewports: [
    {
      viewportOptions: {
        viewportId: 'nodulelab-slices',
        toolGroupId: 'default',
        viewportType: 'stack',
        allowUnmatchedView: true,
        initialImageOptions: { preset: 'middle' },
      },
      displaySets: [{ id: 'ct', options: { voi: LUNG } }],
    },
  ],
};

export const hangingProtocol = (drawsVolumes: boolean): unknown => ({
  id: PROTOCOL_ID,
  name: 'Nodule synthesis',
  description: drawsVolumes ? 'Axial, sagittal and coronal in the lung window' : 'Slices in the lung window',
  locked: true,
  isPreset: true,
  protocolMatchingRules: [],
  imageLoadStrategy: 'interleaveCenter',
  callbacks: {},
  displaySetSelectors: {
    ct: {
      seriesMatchingRules: [
        { weight: 10, attribute: 'Modality', constraint: { equals: { value: 'CT' } }, required: true },
        {
          weight: 5,
          attribute: 'isReconstructable',
          constraint: { equals: { value: true } },
          required: true,
        },
        // The original opens first; what was made from it is one click away.
        {
          weight: 20,
          attribute: 'SeriesDescription',
          constraint: { doesNotContain: { value: 'SYNTHETIC' } },
        },
      ],
    },
  },
  stages: [drawsVolumes ? planes : slices],
});
