import { describe, expect, test } from '@jest/globals';
import { appConfigScript, EXTENSION_ID, MODE_SYNTHESIS_ID } from '../../viewer/appConfig.ts';

interface Page {
  readonly window: { config?: Record<string, unknown> };
  readonly inserted: { type: string; textContent: string }[];
}

/** Runs the script as a page does, with only what it touches of the document. */
function run(script: string): Page {
  const page: Page = { window: {}, inserted: [] };
  const document = {
    createElement: () => ({ type: '', textContent: '' }),
    currentScript: { after: (element: Page['inserted'][number]) => page.inserted.push(element) },
  };
  new Function('window', 'document', script)(page.window, document);
  return page;
}

describe('the configuration of the viewer', () => {
  test('both modules are known by name before the viewer asks for them', () => {
    const [map] = run(appConfigScript()).inserted;
    expect(map?.type).toBe('importmap');
    expect(JSON.parse(map!.textContent)).toEqual({
      imports: {
        [EXTENSION_ID]: '/plugins/extension.js',
        [MODE_SYNTHESIS_ID]: '/plugins/mode-synthesis.js',
      },
    });
  });

  test('every address is on the own origin', () => {
    const script = appConfigScript({ version: '1.2.3' });
    expect(script).not.toMatch(/https?:\/\//);
    const source = (
      run(script).window.config?.['dataSources'] as { configuration: Record<string, unknown> }[]
    )[0];
    expect(source?.configuration['qidoRoot']).toBe('/dicom-web');
  });

  test('a version with quotes and markup in it breaks neither the script nor the page', () => {
    const script = appConfigScript({ version: `'"</script><b>` });
    expect(script).not.toContain('</script>');
    const modes = run(script).window.config?.['modesConfiguration'] as Record<string, { version: string }>;
    expect(modes[MODE_SYNTHESIS_ID]?.version).toBe(`'"</script><b>`);
  });
});
