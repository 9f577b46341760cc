/** Pictures for the documents, laid out by a browser. */
import { encode } from 'fast-png';
import { ViewerPage } from '../../test/support/browser.ts';

const STYLE = `
  body { margin: 0; padding: 10px; background: #14161a; color: #d6dce4; font: 10px/1.25 sans-serif; }
  table { border-collapse: collapse; }
  td { padding: 2px; vertical-align: top; text-align: center; }
  th { padding: 2px 6px 2px 0; font-size: 13px; }
  img { display: block; margin-bottom: 2px; }
  .real span { color: #8fd19e; }
  .inserted span { color: #e8b36b; }
`;

/** A square of grey values 0 … 255 as a PNG data URL. */
export function pictureOf(edge: number, value: (u: number, v: number) => number): string {
  const data = new Uint8Array(edge * edge);
  for (let v = 0; v < edge; v++) for (let u = 0; u < edge; u++) data[u + edge * v] = Math.round(value(u, v));
  const png = encode({ width: edge, height: edge, data, channels: 1, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** Draws the HTML and writes a PNG of it, as wide as told and as high as it is. */
export async function takeHtml(html: string, path: string, width: number): Promise<void> {
  const viewer = await ViewerPage.open('http://localhost', 'pictures', width, 400);
  try {
    await viewer.page.setContent(`<style>${STYLE}</style>${html}`);
    await viewer.page.screenshot({ path, fullPage: true, type: 'png' });
  } finally {
    await viewer.close();
  }
}
