/** A CT with more nodules than any patient has: marked one by one through the server, as a user would. */
import { type AnnotationRequest, Nodule, NoduleList } from '@nodulelab/contract';

const RADIUS_MM = 4;
/** Between two of them; in a plane of the small phantom there is room for a hundred. */
const APART_MM = 12;
const PER_ROW = 8;

/** Marks nodules until there are `wanted`. @param url of the server */
export async function markUntil(url: string, seriesInstanceUID: string, wanted: number): Promise<void> {
  const address = `${url}/api/series/${seriesInstanceUID}`;
  const { nodules } = NoduleList.parse(await (await fetch(`${address}/nodules`)).json());
  const [x, y, z] = nodules[0]!.centre;
  for (let at = nodules.length; at < wanted; at += 1) {
    const column = at % PER_ROW;
    const row = Math.floor(at / PER_ROW);
    const request: AnnotationRequest = {
      shape: {
        kind: 'ellipsoid',
        centre: [x + APART_MM * (column - PER_ROW / 2), y + APART_MM * (row - 3), z],
        radiiMm: [RADIUS_MM, RADIUS_MM, RADIUS_MM],
        axes: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
      },
      characteristics: {
        ...{ subtlety: 4, internalStructure: 1, calcification: 6, sphericity: 4, margin: 4 },
        ...{ lobulation: 2, spiculation: 1, texture: 5, malignancy: 1 + (at % 5) },
      },
      author: 'many',
    };
    const response = await fetch(`${address}/annotations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    Nodule.parse(await response.json());
  }
}
