/**
 * Volume rendering for lung nodules: air and parenchyma are clear, ground glass is a bluish veil, solid tissue warm and
 * dense. Pairs and quadruples of numbers behind their count, HU first, as the viewer writes its own presets.
 */
import type { CornerstoneLibrary } from '../ohif.ts';

export const LUNG_PRESET = 'NoduleLab lung nodules';

const preset = {
  name: LUNG_PRESET,
  scalarOpacity: '14 -1000 0 -720 0 -600 0.03 -400 0.12 -150 0.45 150 0.85 3000 0.95',
  colorTransfer:
    '24 -1000 0.05 0.08 0.15 -700 0.35 0.55 0.8 -400 0.62 0.66 0.78 -150 0.88 0.62 0.5 100 1 0.88 0.78 3000 1 1 1',
  gradientOpacity: '4 0 1 255 1',
  ...{ ambient: '0.25', diffuse: '0.85', specular: '0.15', specularPower: '10' },
  ...{ shade: '1', interpolation: '1' },
};

/** Makes the preset known to the viewer by its name, once. */
export function registerLungPreset({ CONSTANTS }: CornerstoneLibrary): void {
  const known = CONSTANTS.VIEWPORT_PRESETS;
  if (!known.some(({ name }) => name === LUNG_PRESET)) known.push(preset);
}
