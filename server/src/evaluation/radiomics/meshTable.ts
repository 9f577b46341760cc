/**
 * Marching cubes on a binary mask (W. Lorensen, H. Cline, SIGGRAPH 1987; IBSI section 3.1 with isovalue 0.5). All
 * vertices of such a mesh lie half way between two voxel centres, so what a cube of eight voxels adds to surface and
 * volume depends on which of them are set and on nothing else: 256 rows of numbers stand for the mesh.
 *
 * Where two opposite corners of a face are set, the two are kept apart: the rule is the same for both cubes at the face,
 * so that the surface is closed. A loop that does not lie in a plane is closed by the fan of triangles that leaves most
 * within the region: this gives IBSI's reference values, and a mirrored or turned mask has the same surface.
 */
import type { Vec3 } from '../../volume/ctVolume.ts';

export interface MeshTable {
  /** Area of the triangles, for each of 256 cubes; bit x + 2y + 4z is set where that corner is in the region. */
  readonly area: Float64Array;
  /** Σ a·(b×c)/6 over the triangles, with the cube's first corner as origin. */
  readonly volume: Float64Array;
  /** Area vector, 3 numbers a cube: moving the origin by o adds o·vector / 3 to the volume. */
  readonly vector: Float64Array;
}

/** Corners of each face in order, anticlockwise as seen from outside the cube. */
const FACES = [
  [0, 4, 6, 2],
  [1, 3, 7, 5],
  [0, 1, 5, 4],
  [2, 6, 7, 3],
  [0, 2, 3, 1],
  [4, 5, 7, 6],
] as const;

export function makeMeshTable(): MeshTable {
  const table = {
    area: new Float64Array(256),
    volume: new Float64Array(256),
    vector: new Float64Array(3 * 256),
  };
  for (let cube = 1; cube < 255; cube++)
    for (const loop of loopsOf(cube)) {
      const { area, volume, vector } = fullestFan(loop);
      table.area[cube]! += area;
      table.volume[cube]! += volume;
      for (const axis of [0, 1, 2] as const) table.vector[3 * cube + axis]! += vector[axis];
    }
  return table;
}

interface Fan {
  readonly area: number;
  readonly volume: number;
  readonly vector: Vec3;
}

function fullestFan(loop: readonly Vec3[]): Fan {
  const fans = loop.map((_, first) => fanOf([...loop.slice(first), ...loop.slice(0, first)]));
  return fans.reduce((best, fan) => (fan.volume > best.volume + 1e-9 ? fan : best));
}

function fanOf([first, ...rest]: readonly Vec3[]): Fan {
  let [area, volume] = [0, 0];
  let vector: Vec3 = [0, 0, 0];
  for (let at = 0; at + 1 < rest.length; at++) {
    const [a, b, c] = [first!, rest[at]!, rest[at + 1]!];
    const normal = cross(subtracted(b, a), subtracted(c, a));
    area += Math.hypot(...normal) / 2;
    volume += dot(a, cross(b, c)) / 6;
    vector = [vector[0] + normal[0] / 2, vector[1] + normal[1] / 2, vector[2] + normal[2] / 2];
  }
  return { area, volume, vector };
}

/** Closed loops of points half way along the cube's edges, anticlockwise as seen from outside the region. */
function loopsOf(cube: number): Vec3[][] {
  const inside = (corner: number): boolean => ((cube >> corner) & 1) === 1;
  const next = new Map<number, number>();
  for (const face of FACES) {
    face.forEach((corner, at) => {
      const after = face[(at + 1) % 4]!;
      if (!inside(corner) || inside(after)) return;
      // Back along the face to where the boundary came into this arc of set corners.
      let back = at;
      while (inside(face[(back + 3) % 4]!)) back += 3;
      next.set(edge(face[(back + 3) % 4]!, face[back % 4]!), edge(corner, after));
    });
  }
  const loops: Vec3[][] = [];
  while (next.size > 0) {
    const loop: Vec3[] = [];
    let [at] = next.keys();
    while (at !== undefined && next.has(at)) {
      loop.push(middleOf(at));
      const to: number = next.get(at)!;
      next.delete(at);
      at = to;
    }
    loops.push(loop);
  }
  return loops;
}

/** Names the edge between two corners. */
const edge = (a: number, b: number): number => 8 * Math.min(a, b) + Math.max(a, b);

function middleOf(name: number): Vec3 {
  const [a, b] = [name >> 3, name & 7];
  const along = (bit: number): number => (((a >> bit) & 1) + ((b >> bit) & 1)) / 2;
  return [along(0), along(1), along(2)];
}

const subtracted = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
