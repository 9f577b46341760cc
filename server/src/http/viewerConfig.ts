/** What the page of the viewer loads before the viewer itself. */
import { EXTENSION_ID, MODE_SYNTHESIS_ID } from '../../../viewer/appConfig.ts';

export { appConfigScript } from '../../../viewer/appConfig.ts';

/** The text of the import map that `appConfigScript` adds to the page: the policy of the page allows just this one. */
export const importMapText = JSON.stringify({
  imports: {
    [EXTENSION_ID]: '/plugins/extension.js',
    [MODE_SYNTHESIS_ID]: '/plugins/mode-synthesis.js',
  },
});
