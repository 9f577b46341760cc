/**
 * The convolutions of kernel 4, stride 2 and padding 1 with five eighths of their products (Winograd, "Arithmetic
 * Complexity of Computations", 1980; Lavin and Gray 2016), along z; along y and x they stay as they are.
 *
 * The fine volume padded by one plane consists of cells of two planes, c = 0 … E, and each output plane m is a filter
 * of two taps over the cells m and m + 1 (each a sum over both planes of the cell). Four outputs of such a filter
 * need eight products; the Toom-Cook algorithm F(4, 2) makes them of five, each a sum of cells times a sum of taps:
 * y = Aᵀ [(G g) ⊙ (Bᵀ d)]. So every convolution becomes five of kernel 2 × 4 × 4 between volumes of a quarter of the
 * planes, and small matrix products along z before and after. All is linear: the two derivatives are transposes.
 */
import type { OnnxGraph } from './onnx/onnxGraph.ts';
import type { ConvShapes } from './conv3d.ts';

/** Outputs of one tile. */
const TILE = 4;
/**
 * Where the polynomials are evaluated, besides at infinity. Of the small sets tried, this one rounds least: in float32
 * a sum of 512 products comes out with a relative error of 8e-7, where the plain sum has 1e-7.
 */
const POINTS = [0, 0.5, -1, 2] as const;
const PRODUCTS = POINTS.length + 1;
const TAPS = 2;
const EVERY_PRODUCT = Array.from({ length: PRODUCTS }, (_, k) => k);

/**
 * ONNX Runtime multiplies sample by sample, and reads the whole kernel for each. Where the kernel is larger than a
 * core's cache and a sample has few voxels to multiply it with, all samples are put in a row along z and multiplied at
 * once. Moving them costs more in the backward direction.
 */
const LARGE_KERNEL = 2 ** 18;
const FEW_VOXELS = { forward: 128, backward: 32 };

function inOneRow({ coarse, weight }: ConvShapes, direction: keyof typeof FEW_VOXELS): boolean {
  const kernelPart = weight[0]! * weight[1]! * TAPS * 16;
  const voxels = (coarse[2]! * coarse[3]! * coarse[4]!) / TILE;
  return kernelPart >= LARGE_KERNEL && voxels <= FEW_VOXELS[direction];
}

type Matrix = readonly (readonly number[])[];

/** Whether tiles of four coarse planes fit. */
export const tilesExactly = ({ fine, coarse }: ConvShapes): boolean =>
  coarse[2]! % TILE === 0 && fine.slice(2).every((length, axis) => length === 2 * coarse[axis + 2]!);

/** y = conv(x, w) without its bias. */
export function winogradConv(onnx: OnnxGraph, x: string, w: string, shapes: ConvShapes): string {
  const [batch, outs, planes, height, width] = shapes.coarse as [number, number, number, number, number];
  const tiles = planes / TILE;
  const inRow = inOneRow(shapes, 'forward');
  const products = EVERY_PRODUCT.map((k) =>
    onnx.node('Conv', [inputPart(onnx, x, shapes, k, inRow), kernelPart(onnx, w, shapes, k)], {
      kernel_shape: [TAPS, 4, 4],
      strides: [1, 2, 2],
      dilations: [inRow ? batch * tiles : tiles, 1, 1],
      pads: [0, 1, 1, 0, 1, 1],
    }),
  );
  const stacked = inRow
    ? transpose(
        onnx,
        reshape(onnx, onnx.node('Concat', products, { axis: 0 }), [PRODUCTS, outs, batch, -1]),
        [2, 1, 0, 3],
      )
    : onnx.node('Concat', products, { axis: 2 });
  const outputs = reshape(onnx, stacked, [batch, outs, PRODUCTS * tiles, height * width]);
  return reshape(onnx, alongPlanes(onnx, outputMatrix(planes), outputs), shapes.coarse);
}

/** dx = inputGradient(dy, w) without its bias. */
export function winogradInputGradient(onnx: OnnxGraph, dy: string, w: string, shapes: ConvShapes): string {
  const [batch, ins, finePlanes] = shapes.fine as [number, number, number];
  const [, , planes, height, width] = shapes.coarse as [number, number, number, number, number];
  const tiles = planes / TILE;
  const inRow = inOneRow(shapes, 'backward');
  // Result rows and columns of each parity are a convolution of their own, by every second tap.
  const parts = [0, 1].flatMap((py) => [0, 1].map((px) => [py, px] as const));
  const quarters = parts.map(([py, px]) => {
    const products = EVERY_PRODUCT.map((k) => {
      const kernel = everySecondTap(onnx, transposedKernelPart(onnx, w, shapes, k), shapes, py, px);
      const conv = onnx.node('Conv', [outputPart(onnx, dy, shapes, k, inRow), kernel], {
        kernel_shape: [1, 2, 2],
        pads: [0, 1 - py, 1 - px, 0, py, px],
      });
      // Channels are (channel, plane of the cell): the second joins the planes of the tiles.
      return inRow ? conv : reshape(onnx, conv, [batch, ins, TAPS * tiles, height * width]);
    });
    const stacked = inRow
      ? transpose(
          onnx,
          reshape(onnx, onnx.node('Concat', products, { axis: 0 }), [PRODUCTS, ins, TAPS, batch, -1]),
          [3, 1, 0, 2, 4],
        )
      : onnx.node('Concat', products, { axis: 2 });
    const outputs = reshape(onnx, stacked, [batch, ins, PRODUCTS * TAPS * tiles, height * width]);
    const quarter = alongPlanes(onnx, transposed(inputMatrix(planes)), outputs);
    return reshape(onnx, quarter, [batch, ins, finePlanes, height, width]);
  });
  const columns = onnx.node('Concat', quarters, { axis: 4 });
  return reshape(onnx, onnx.node('MatMul', [columns, constant(onnx, interleaving(width))]), shapes.fine);
}

/** dw = weightGradient(x, dy): every product is a convolution of x by dy with batch and channels exchanged. */
export function winogradWeightGradient(onnx: OnnxGraph, x: string, dy: string, shapes: ConvShapes): string {
  const [batch, ins, , fineHeight, fineWidth] = shapes.fine as [number, number, number, number, number];
  const [, outs, planes, height, width] = shapes.coarse as [number, number, number, number, number];
  const tiles = planes / TILE;
  const products = EVERY_PRODUCT.map((k) => {
    // Channels in a row along z: a stride of one channel half keeps them apart, and one product has many columns.
    const rows = [1, batch, ins * TAPS * tiles, fineHeight, fineWidth];
    const kernel = transpose(onnx, outputPart(onnx, dy, shapes, k), [1, 0, 2, 3, 4]);
    const conv = onnx.node('Conv', [reshape(onnx, inputPart(onnx, x, shapes, k), rows), kernel], {
      kernel_shape: [tiles, height, width],
      strides: [tiles, 1, 1],
      dilations: [1, 2, 2],
      pads: [0, 1, 1, 0, 1, 1],
    });
    return reshape(onnx, conv, [outs, ins, TAPS, 16]);
  });
  const stacked = onnx.node('Concat', products, { axis: 2 });
  return reshape(onnx, alongPlanes(onnx, transposed(kernelMatrix()), stacked), shapes.weight);
}

/**
 * Product k of the input: both planes of the cells in turn, [N, in, 2 · tiles, H, W]. `inRow`: the samples one behind
 * the other along z within each of the two planes, [1, in, 2 · N · tiles, H, W].
 */
function inputPart(
  onnx: OnnxGraph,
  x: string,
  { fine, coarse }: ConvShapes,
  k: number,
  inRow = false,
): string {
  const [batch, ins, planes, height, width] = fine as [number, number, number, number, number];
  const matrix = inputMatrix(coarse[2]!);
  const all = alongPlanes(onnx, matrix, reshape(onnx, x, [batch, ins, planes, height * width]));
  const each = matrix.length / PRODUCTS;
  if (!inRow) return reshape(onnx, slice(onnx, all, 2, k * each, each), [batch, ins, each, height, width]);
  const split = reshape(onnx, all, [batch, ins, PRODUCTS, TAPS, -1]);
  const rows = transpose(onnx, split, [2, 1, 3, 0, 4]);
  return reshape(onnx, slice(onnx, rows, 0, k, 1), [1, ins, batch * each, height, width]);
}

/** Product k of the output or its derivative: [N, out, tiles, H, W]; `inRow`: [1, out, N · tiles, H, W]. */
function outputPart(onnx: OnnxGraph, dy: string, { coarse }: ConvShapes, k: number, inRow = false): string {
  const [batch, outs, planes, height, width] = coarse as [number, number, number, number, number];
  const matrix = transposed(outputMatrix(planes));
  const all = alongPlanes(onnx, matrix, reshape(onnx, dy, [batch, outs, planes, height * width]));
  const each = planes / TILE;
  if (!inRow) return reshape(onnx, slice(onnx, all, 2, k * each, each), [batch, outs, each, height, width]);
  const rows = transpose(onnx, reshape(onnx, all, [batch, outs, PRODUCTS, -1]), [2, 1, 0, 3]);
  return reshape(onnx, slice(onnx, rows, 0, k, 1), [1, outs, batch * each, height, width]);
}

/** Product k of the kernel: [out, in, 2, 4, 4]. */
function kernelPart(onnx: OnnxGraph, w: string, { weight }: ConvShapes, k: number): string {
  const [outs, ins] = weight as [number, number];
  const all = alongPlanes(onnx, kernelMatrix(), reshape(onnx, w, [outs, ins, 4, 16]));
  return reshape(onnx, slice(onnx, all, 2, k * TAPS, TAPS), [outs, ins, TAPS, 4, 4]);
}

/** The same for the transposed convolution: [in · 2, out, 16]. */
function transposedKernelPart(onnx: OnnxGraph, w: string, shapes: ConvShapes, k: number): string {
  const [outs, ins] = shapes.weight as [number, number];
  const rows = reshape(onnx, kernelPart(onnx, w, shapes, k), [outs, ins * TAPS, 16]);
  return transpose(onnx, rows, [1, 0, 2]);
}

/**
 * Of the 4 × 4 taps along y and x those that rows of parity `py` and columns of parity `px` see, counted down from
 * 3 − parity. As a product with zeros and ones: ONNX Runtime slices with a stride on one core, element by element.
 */
function everySecondTap(
  onnx: OnnxGraph,
  kernel: string,
  { weight }: ConvShapes,
  py: number,
  px: number,
): string {
  const [outs, ins] = weight as [number, number];
  const selection = Array.from({ length: 16 }, (_, from) =>
    Array.from({ length: 4 }, (__, to) => {
      const y = 3 - py - 2 * (to >> 1);
      const x = 3 - px - 2 * (to & 1);
      return from === 4 * y + x ? 1 : 0;
    }),
  );
  const taps = onnx.node('MatMul', [kernel, constant(onnx, selection)]);
  return reshape(onnx, taps, [ins * TAPS, outs, 1, 2, 2]);
}

/**
 * Bᵀ for all tiles: rows (product, plane p of the cell, tile j), columns fine planes. Cell c of the padded volume
 * holds the fine planes 2c − 1 and 2c; tile j needs the cells 4j … 4j + 4.
 */
function inputMatrix(planes: number): Matrix {
  const tiles = planes / TILE;
  const rows: number[][] = [];
  for (const combination of toomCook().input)
    for (let p = 0; p < 2; p++)
      for (let tile = 0; tile < tiles; tile++) {
        const row = new Array<number>(2 * planes).fill(0);
        combination.forEach((factor, cell) => {
          const plane = 2 * (TILE * tile + cell) + p - 1;
          if (plane in row) row[plane] = factor;
        });
        rows.push(row);
      }
  return rows;
}

/** Aᵀ for all tiles: rows output planes, columns (product, tile). */
function outputMatrix(planes: number): Matrix {
  const { output } = toomCook();
  const tiles = planes / TILE;
  return Array.from({ length: planes }, (_, plane) =>
    Array.from({ length: PRODUCTS * tiles }, (__, column) =>
      column % tiles === Math.floor(plane / TILE) ? output[plane % TILE]![Math.floor(column / tiles)]! : 0,
    ),
  );
}

/** G for both planes of a cell: rows (product, plane p), columns the kernel's planes 2t + p. */
const kernelMatrix = (): Matrix =>
  toomCook().kernel.flatMap(([first, second]) => [
    [first!, 0, second!, 0],
    [0, first!, 0, second!],
  ]);

/**
 * The matrices of F(4, 2). A filter's outputs are the transpose of multiplying polynomials of 2 and 4 coefficients:
 * evaluate both at the points, multiply, interpolate. Row i of `input` holds the coefficients of Π (x − a_l) over the
 * other points (over all of them for infinity); the divisors of the interpolation are left to the kernel.
 */
function toomCook(): { input: Matrix; kernel: Matrix; output: Matrix } {
  const input: number[][] = [];
  const kernel: number[][] = [];
  for (const point of POINTS) {
    const others = POINTS.filter((other) => other !== point);
    const divisor = others.reduce<number>((product, other) => product * (point - other), 1);
    input.push([...fromRoots(others), 0]);
    kernel.push([1 / divisor, point / divisor]);
  }
  input.push(fromRoots(POINTS));
  kernel.push([0, 1]);
  const output = Array.from({ length: TILE }, (_, i) => [
    ...POINTS.map((point) => point ** i),
    i === TILE - 1 ? 1 : 0,
  ]);
  return { input, kernel, output };
}

/** Coefficients of Π (x − root), the constant first. */
const fromRoots = (roots: readonly number[]): number[] =>
  roots.reduce<number[]>(
    (polynomial, root) =>
      Array.from(
        { length: polynomial.length + 1 },
        (_, i) => (polynomial[i - 1] ?? 0) - root * (polynomial[i] ?? 0),
      ),
    [1],
  );

/**
 * Columns (row parity, column parity, x) → (row parity, x, column parity). With the row parities side by side in one
 * row of memory, that is both rows of the fine volume, one after the other.
 */
const interleaving = (width: number): Matrix =>
  Array.from({ length: 4 * width }, (_, from) =>
    Array.from({ length: 4 * width }, (__, to) => {
      const rowParity = Math.floor(from / (2 * width));
      const columnParity = Math.floor(from / width) % 2;
      return to === 2 * width * rowParity + 2 * (from % width) + columnParity ? 1 : 0;
    }),
  );

const transposed = (matrix: Matrix): Matrix =>
  matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));

const constant = (onnx: OnnxGraph, matrix: Matrix): string =>
  onnx.floats(Float32Array.from(matrix.flat()), [matrix.length, matrix[0]!.length]);

/** matrix · volume along the planes: [N, C, planes, voxels] → [N, C, rows, voxels]. */
const alongPlanes = (onnx: OnnxGraph, matrix: Matrix, volume: string): string =>
  onnx.node('MatMul', [constant(onnx, matrix), volume]);

const transpose = (onnx: OnnxGraph, name: string, perm: readonly number[]): string =>
  onnx.node('Transpose', [name], { perm });

const slice = (onnx: OnnxGraph, name: string, axis: number, start: number, count: number): string =>
  onnx.node('Slice', [name, ...[[start], [start + count], [axis]].map((values) => onnx.integers(values))]);

/** At most one length may be −1: whatever is left. */
const reshape = (onnx: OnnxGraph, name: string, shape: readonly number[]): string =>
  onnx.node('Reshape', [name, onnx.integers(shape)]);
