/**
 * The mode "Nodule synthesis": OHIF's basic mode (its tools, toolbar and handlers of SEG and SR) with our layout, our
 * panel first, and a key that flips the preview.
 */

const ID = '@nodulelab/mode-synthesis';
const EXTENSION = '@nodulelab/extension';
/** Not used by OHIF 3.13. */
const FLIP_KEY = 'p';
/** OHIF's own undo, of drawings, has Ctrl+Z. */
const UNDO_KEYS = ['u'];
const REDO_KEYS = ['shift+u'];
/** Pixels: the panel's four steps without a scroll bar at 900 lines, and one column of thumbnails. */
const PANEL_WIDTH = 330;
const BROWSER_WIDTH = 220;

type Json = Readonly<Record<string, unknown>>;

interface Route {
  readonly path: string;
  readonly layoutInstance: { readonly props: Json & { readonly rightPanels: readonly string[] } } & Json;
}

interface Button {
  readonly id: string;
}

/** What OHIF hands to a mode that is entered, as far as it is used here. */
interface EnterArguments {
  readonly servicesManager: {
    readonly services: {
      readonly toolbarService: {
        register(buttons: readonly object[]): void;
        getButtonSection(section: string): readonly (Button | string)[];
        updateSection(section: string, ids: readonly string[]): void;
      };
    };
  };
}

/** What of OHIF's basic mode is built upon. */
interface BasicMode {
  onModeEnter(given: EnterArguments): void;
  readonly routes: readonly [Route, ...Route[]];
  readonly extensions: Json;
}

const THREE_D = {
  id: 'NoduleLab3D',
  uiType: 'ohif.toolButton',
  props: {
    icon: 'layout-advanced-3d-four-up',
    label: '3D around the place',
    tooltip: 'Show the surroundings of the place in 3D, or no longer',
    commands: 'nodulelabToggle3D',
    evaluate: 'evaluate.action',
  },
};

interface FactoryArguments {
  readonly loadModules: (
    names: readonly string[],
  ) => Promise<readonly [{ readonly modeInstance: BasicMode }]>;
}

interface StudySummary {
  /** Modalities of the study, separated by backslashes. */
  readonly modalities: string;
}

/** Whether a study of the list can be opened in this mode. */
function isValidMode({ modalities }: StudySummary): { valid: boolean; description: string } {
  const valid = modalities.split(/[\\/]/).includes('CT');
  return { valid, description: valid ? 'Chest CT' : 'Nodule synthesis needs a study with a CT series' };
}

async function modeFactory({ loadModules }: FactoryArguments): Promise<Json> {
  const [{ modeInstance: basic }] = await loadModules(['@ohif/mode-basic']);
  const route = basic.routes[0];
  const { props } = route.layoutInstance;
  const layoutInstance = {
    ...route.layoutInstance,
    props: {
      ...props,
      rightPanels: [
        `${EXTENSION}.panelModule.synthesis`,
        `${EXTENSION}.panelModule.training`,
        ...props.rightPanels,
      ],
      rightPanelClosed: false,
      rightPanelInitialExpandedWidth: PANEL_WIDTH,
      leftPanelInitialExpandedWidth: BROWSER_WIDTH,
    },
  };
  return {
    ...basic,
    id: ID,
    routeName: 'synthesis',
    displayName: 'Nodule synthesis',
    hide: false,
    isValidMode,
    onModeEnter(given: EnterArguments): void {
      // The basic mode keeps what it must undo on the mode itself.
      basic.onModeEnter.call(this, given);
      const { toolbarService } = given.servicesManager.services;
      toolbarService.register([THREE_D]);
      const primary = toolbarService
        .getButtonSection('primary')
        .map((button) => (typeof button === 'string' ? button : button.id));
      toolbarService.updateSection('primary', [...primary.filter((id) => id !== THREE_D.id), THREE_D.id]);
    },
    routes: [{ ...route, path: 'synthesis', layoutInstance }],
    extensions: { ...basic.extensions, [EXTENSION]: '^0.1.0' },
    hangingProtocol: 'nodulelabMpr',
    modeCustomizations: {
      // As in the basic mode, whose own block is named and cannot be listed beside another.
      'panelSegmentation.disableEditing': true,
      'ohif.hotkeyBindings': {
        $push: [
          {
            commandName: 'nodulelabFlipPreview',
            label: 'Flip the nodule preview',
            keys: [FLIP_KEY],
            isEditable: true,
          },
          {
            commandName: 'nodulelabUndo',
            label: 'Undo in the nodule plan',
            keys: UNDO_KEYS,
            isEditable: true,
          },
          {
            commandName: 'nodulelabRedo',
            label: 'Redo in the nodule plan',
            keys: REDO_KEYS,
            isEditable: true,
          },
        ],
      },
    },
  };
}

export default { id: ID, modeFactory };
