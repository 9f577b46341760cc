/** Painted voxels of the viewer's grid: as the box that is sent, and from what is drawn in other ways. */
import type { AnnotationShape, Contour, PointLps } from '@nodulelab/contract';
import { type VolumeGrid, worldToIndex } from './box.ts';
import type { Ellipsoid } from './ellipsoid.ts';
import { add, scale, subtract } from './vector.ts';

export type Mask = Extract<AnnotationShape, { kind: 'mask' }>;

/** What a painting begins with. */
export type Ground =
  | { readonly kind: 'mask'; readonly mask: Mask }
  | { readonly kind: 'ellipsoid'; readonly ellipsoid: Ellipsoid }
  | { readonly kind: 'outlines'; readonly contours: readonly Contour[] };

/** The labels of one slice, i fastest. */
export interface Labels extends ArrayLike<number> {
  indexOf(label: number): number;
}

const { abs, ceil, floor, max, min, round } = Math;

const axisOf = ({ direction: d }: VolumeGrid, axis: 0 | 1 | 2): PointLps => [
  d[3 * axis]!,
  d[3 * axis + 1]!,
  d[3 * axis + 2]!,
];

function worldOf(grid: VolumeGrid, index: readonly [number, number, number]): PointLps {
  return ([0, 1, 2] as const).reduce<PointLps>(
    (at, axis) => add(at, scale(axisOf(grid, axis), index[axis] * grid.spacing[axis])),
    grid.origin,
  );
}

/**
 * The smallest box around everything that is painted.
 *
 * @param slice the labels of slice k
 * @returns null where nothing is
 */
export function maskOf(grid: VolumeGrid, slice: (k: number) => Labels | undefined): Mask | null {
  const [width, height, depth] = grid.dimensions;
  const low = [Infinity, Infinity, Infinity];
  const high = [-1, -1, -1];
  const painted: (readonly [number, Labels])[] = [];
  for (let k = 0; k < depth; k++) {
    const labels = slice(k);
    // Most slices are empty, and this is the fastest way to know.
    if (!labels || labels.indexOf(1) < 0) continue;
    painted.push([k, labels]);
    low[2] = min(low[2]!, k);
    high[2] = k;
    for (let j = 0, n = 0; j < height; j++)
      for (let i = 0; i < width; i++, n++) {
        if (labels[n] !== 1) continue;
        low[0] = min(low[0]!, i);
        high[0] = max(high[0]!, i);
        low[1] = min(low[1]!, j);
        high[1] = max(high[1]!, j);
      }
  }
  if (painted.length === 0) return null;
  const size = [0, 1, 2].map((axis) => high[axis]! - low[axis]! + 1) as [number, number, number];
  const of = new Map(painted);
  const runs: number[] = [0];
  let inside = false;
  for (let k = low[2]!; k <= high[2]!; k++)
    for (let j = low[1]!; j <= high[1]!; j++)
      for (let i = low[0]!; i <= high[0]!; i++) {
        const here = of.get(k)?.[i + width * j] === 1;
        if (here !== inside) runs.push(0);
        inside = here;
        runs[runs.length - 1]!++;
      }
  return {
    kind: 'mask',
    size,
    origin: worldOf(grid, low as [number, number, number]),
    spacing: [...grid.spacing],
    direction: [axisOf(grid, 0), axisOf(grid, 1), axisOf(grid, 2)],
    runs,
  };
}

export interface PaintedSize {
  readonly voxels: number;
  readonly volumeMm3: number;
}

export function sizeOfMask({ runs, spacing }: Mask): PaintedSize {
  const voxels = runs.reduce((sum, run, n) => (n % 2 === 1 ? sum + run : sum), 0);
  return { voxels, volumeMm3: voxels * spacing[0] * spacing[1] * spacing[2] };
}

type Where = 'inside' | 'edge' | 'outside';

/** Even-odd rule. */
function side(x: number, y: number, points: readonly (readonly [number, number])[]): Where {
  let inside = false;
  for (let n = 0; n < points.length; n++) {
    const [x1, y1] = points[n]!;
    const [x2, y2] = points[(n + 1) % points.length]!;
    const across = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
    const beside = x >= min(x1, x2) && x <= max(x1, x2) && y >= min(y1, y2) && y <= max(y1, y2);
    if (beside && abs(across) < 1e-6) return 'edge';
    if (y1 <= y !== y2 <= y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
  }
  return inside ? 'inside' : 'outside';
}

/** What came from a voxel's centre is one again, whatever the way through the patient rounded. */
const near = (value: number): number => (abs(value - round(value)) < 1e-3 ? round(value) : value);

type Visit = (i: number, j: number, k: number) => void;

function eachInContours(grid: VolumeGrid, contours: readonly Contour[], visit: Visit): void {
  const slices = new Map<number, { inclusion: boolean; flat: (readonly [number, number])[] }[]>();
  for (const { points, inclusion } of contours) {
    const at = points.map((point) => worldToIndex(grid, point));
    const k = round(at[0]![2]);
    const flat = at.map(([i, j]) => [near(i), near(j)] as const);
    slices.set(k, [...(slices.get(k) ?? []), { inclusion, flat }]);
  }
  for (const [k, outlines] of slices) {
    const all = outlines.flatMap(({ flat }) => flat);
    // LIDC draws around a lesion through the first voxels outside, and around a hole through its own.
    const covers = (i: number, j: number): boolean =>
      outlines.some(({ inclusion, flat }) => inclusion && side(i, j, flat) === 'inside') &&
      !outlines.some(({ inclusion, flat }) => !inclusion && side(i, j, flat) !== 'outside');
    const [is, js] = [all.map(([i]) => i), all.map(([, j]) => j)];
    for (let j = ceil(min(...js)); j <= max(...js); j++)
      for (let i = ceil(min(...is)); i <= max(...is); i++) if (covers(i, j)) visit(i, j, k);
  }
}

function eachInEllipsoid(grid: VolumeGrid, { centre, diametersMm }: Ellipsoid, visit: Visit): void {
  const middle = worldToIndex(grid, centre);
  // A ball around it is enough to look through.
  const reach = max(...diametersMm) / 2;
  const [from, to] = [ceil, floor].map((edge, side) =>
    middle.map((value, axis) => edge(value + ((side === 0 ? -1 : 1) * reach) / grid.spacing[axis]!)),
  ) as [PointLps, PointLps];
  for (let k = from[2]; k <= to[2]; k++)
    for (let j = from[1]; j <= to[1]; j++)
      for (let i = from[0]; i <= to[0]; i++) {
        const away = subtract(worldOf(grid, [i, j, k]), centre);
        const squares = away.map((mm, axis) => ((2 * mm) / diametersMm[axis]!) ** 2);
        if (squares[0]! + squares[1]! + squares[2]! <= 1) visit(i, j, k);
      }
}

function eachInMask(grid: VolumeGrid, mask: Mask, visit: Visit): void {
  const start = worldToIndex(grid, mask.origin);
  const steps = ([0, 1, 2] as const).map((axis) =>
    subtract(worldToIndex(grid, add(mask.origin, scale(mask.direction[axis], mask.spacing[axis]))), start),
  );
  let index = 0;
  mask.runs.forEach((run, number) => {
    for (const end = index + run; index < end; index++) {
      if (number % 2 === 0) continue;
      const own = [
        index % mask.size[0],
        floor(index / mask.size[0]) % mask.size[1],
        floor(index / (mask.size[0] * mask.size[1])),
      ];
      const at = start.map((value, n) =>
        round(own.reduce((sum, count, axis) => sum + count * steps[axis]![n]!, value)),
      );
      visit(at[0]!, at[1]!, at[2]!);
    }
  });
}

/** Voxels of the grid that a ground covers; what lies outside the grid is left out. */
export function voxelsOf(grid: VolumeGrid, ground: Ground): (readonly [number, number, number])[] {
  const found: (readonly [number, number, number])[] = [];
  const visit: Visit = (i, j, k) => {
    if ([i, j, k].every((value, axis) => value >= 0 && value < grid.dimensions[axis]!)) found.push([i, j, k]);
  };
  if (ground.kind === 'mask') eachInMask(grid, ground.mask, visit);
  else if (ground.kind === 'ellipsoid') eachInEllipsoid(grid, ground.ellipsoid, visit);
  else eachInContours(grid, ground.contours, visit);
  return found;
}
