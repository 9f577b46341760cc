/**
 * The script that the server answers for `/app-config.js`: it tells the prebuilt viewer where our two modules are
 * (an import map, because the viewer also loads modules by name) and how to be NoduleLab. Serve it with
 * `Cache-Control: no-store`; the page loads it before the viewer's own script.
 */

export const EXTENSION_ID = '@nodulelab/extension';
export const MODE_SYNTHESIS_ID = '@nodulelab/mode-synthesis';
const PLUGINS_ROOT = '/plugins';
const DICOMWEB = '@ohif/extension-default.dataSourcesModule.dicomweb';

export interface AppConfigOptions {
  /** Path of the DICOMweb proxy on the viewer's own origin. */
  readonly dicomWebRoot?: string;
  /** Path below which `extension.js` and `mode-synthesis.js` are served. */
  readonly pluginsRoot?: string;
  /** Shown in the mode's panel and handed to the modules. */
  readonly version?: string;
}

/** Everything in `window.config` that is data; what must be a function is added by `appConfigScript`. */
function config(options: Required<AppConfigOptions>): Record<string, unknown> {
  const { dicomWebRoot, version } = options;
  return {
    name: 'NoduleLab',
    routerBasename: '/',
    extensions: [EXTENSION_ID],
    modes: [MODE_SYNTHESIS_ID],
    modesConfiguration: { [MODE_SYNTHESIS_ID]: { version } },
    customizationService: {},
    showStudyList: true,
    groupEnabledModesFirst: true,
    maxNumberOfWebWorkers: 3,
    showWarningMessageForCrossOrigin: false,
    showCPUFallbackMessage: true,
    showLoadingIndicator: true,
    strictZSpacingForVolumeViewport: true,
    useSharedArrayBuffer: 'FALSE',
    // "Research only" is said by the study list's name and by the badge on every synthetic series.
    investigationalUseDialog: { option: 'never' },
    defaultDataSourceName: 'orthanc',
    dataSources: [
      {
        namespace: DICOMWEB,
        sourceName: 'orthanc',
        configuration: {
          friendlyName: 'Orthanc',
          name: 'orthanc',
          wadoUriRoot: dicomWebRoot,
          qidoRoot: dicomWebRoot,
          wadoRoot: dicomWebRoot,
          qidoSupportsIncludeField: true,
          supportsReject: false,
          supportsFuzzyMatching: false,
          supportsWildcard: true,
          imageRendering: 'wadors',
          thumbnailRendering: 'wadors',
          enableStudyLazyLoad: true,
          // Uploads go through `nodulelab import`, which also reads the annotations.
          dicomUploadEnabled: false,
          omitQuotationForMultipartRequest: true,
          bulkDataURI: { enabled: true, relativeResolution: 'studies' },
        },
      },
    ],
  };
}

/** JSON that is safe inside a script, whatever the strings hold. */
const literal = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** The import map that the script adds to the page; the page's content policy allows just this text. */
export function importMapText(pluginsRoot = PLUGINS_ROOT): string {
  return JSON.stringify({
    imports: {
      [EXTENSION_ID]: `${pluginsRoot}/extension.js`,
      [MODE_SYNTHESIS_ID]: `${pluginsRoot}/mode-synthesis.js`,
    },
  });
}

/** The whole script, as text. */
export function appConfigScript(options: AppConfigOptions = {}): string {
  const all: Required<AppConfigOptions> = {
    dicomWebRoot: options.dicomWebRoot ?? '/dicom-web',
    pluginsRoot: options.pluginsRoot ?? PLUGINS_ROOT,
    version: options.version ?? '',
  };
  return `(function () {
  const map = document.createElement('script');
  map.type = 'importmap';
  map.textContent = ${literal(importMapText(all.pluginsRoot))};
  document.currentScript.after(map);
})();
window.config = ${literal(config(all))};
window.config.httpErrorHandler = function (error) {
  console.warn('DICOMweb request failed', error && error.status);
};
window.config.whiteLabeling = {
  createLogoComponentFn: function (React) {
    return React.createElement(
      'span',
      { title: ${literal(`NoduleLab ${all.version}`)}, style: { display: 'flex', alignItems: 'center', gap: 8, color: '#fff', fontWeight: 600, fontSize: 17, letterSpacing: '0.01em', whiteSpace: 'nowrap' } },
      React.createElement(
        'svg',
        { width: 22, height: 22, viewBox: '0 0 22 22', 'aria-hidden': true },
        React.createElement('circle', { cx: 11, cy: 11, r: 9.5, fill: 'none', stroke: '#5acce6', strokeWidth: 1.5 }),
        React.createElement('circle', { cx: 12.5, cy: 9.5, r: 3.6, fill: '#5acce6' }),
      ),
      'NoduleLab',
      React.createElement('span', { style: { fontSize: 11, fontWeight: 400, color: '#9db4d0', letterSpacing: 0 } }, 'research use only'),
    );
  },
};
`;
}
