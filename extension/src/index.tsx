/** The OHIF extension: one service, two panels, one hanging protocol and the commands behind toolbar and hotkeys. */
import { hangingProtocol, PROTOCOL_ID } from './hangingProtocol.ts';
import type { ExtensionContext } from './ohif.ts';
import { island } from './panel/island.tsx';
import { SynthesisPanel } from './panel/SynthesisPanel.tsx';
import { TrainingPanel } from './panel/TrainingPanel.tsx';
import { annotationShown } from './state/session.ts';
import { NoduleLabService } from './service/noduleLabService.ts';
import { drawsVolumes } from './viewer/webgl.ts';

let service: NoduleLabService | null = null;

/** Made at the first use: the viewer's libraries are not there yet when extensions register. */
const serviceOf = (context: ExtensionContext): NoduleLabService =>
  (service ??= new NoduleLabService(context));

const extension = {
  id: '@nodulelab/extension',

  onModeEnter(context: ExtensionContext): void {
    serviceOf(context).enter();
  },

  onModeExit(): void {
    service?.leave();
  },

  getPanelModule: (context: ExtensionContext) => [
    {
      name: 'synthesis',
      iconName: 'tab-roi-threshold',
      iconLabel: 'Nodule synthesis',
      label: 'Nodule synthesis',
      component: island(() => <SynthesisPanel service={serviceOf(context)} />),
    },
    {
      name: 'training',
      iconName: 'tool-freehand-line',
      iconLabel: 'Training',
      label: 'Training',
      component: island(() => <TrainingPanel service={serviceOf(context)} />),
    },
  ],

  getHangingProtocolModule: () => [{ name: PROTOCOL_ID, protocol: hangingProtocol(drawsVolumes()) }],

  getCommandsModule: (context: ExtensionContext) => {
    const drawing = (): boolean => annotationShown(serviceOf(context).store.get()) !== null;
    const toggle3D = (): void => void serviceOf(context).toggle3D();
    const flip = (): void => serviceOf(context).previews.flip();
    // A preview that comes back would lie beneath what is being marked in the original.
    const undo = (): void => void (drawing() || serviceOf(context).previews.undo());
    const redo = (): void => void (drawing() || serviceOf(context).previews.redo());
    return {
      defaultContext: 'DEFAULT',
      actions: {
        nodulelabToggle3D: toggle3D,
        nodulelabFlipPreview: flip,
        nodulelabUndo: undo,
        nodulelabRedo: redo,
      },
      definitions: {
        nodulelabToggle3D: { commandFn: toggle3D },
        nodulelabFlipPreview: { commandFn: flip },
        nodulelabUndo: { commandFn: undo },
        nodulelabRedo: { commandFn: redo },
      },
    };
  },
};

export default extension;
