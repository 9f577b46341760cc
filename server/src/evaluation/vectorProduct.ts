/**
 * A Bᵀ with the processor's vector instructions: a WebAssembly function of some two hundred instructions, put together
 * here, that forms eight sums of products at a time, two elements an instruction. The order of additions is fixed, so that
 * the result is the same on every machine.
 */

/** Rows of A and of B that one block of sums takes. */
const TALL = 4;
const WIDE = 2;
const LANES = 2;
/** Elements of the rows of B that are gone through together: they stay in the second cache. */
const PANEL = 32_768;
const PAGE = 65_536;
const BYTES = 8;

type Kernel = (a: number, b: number, bEnd: number, c: number, stride: number, cStride: number) => void;

/**
 * @param a rows × depth
 * @param b columns × depth
 * @returns rows × columns; with `lowerOnly` whatever lies in blocks above the diagonal may be 0
 */
export function vectorProduct(
  a: Float64Array,
  rows: number,
  b: Float64Array,
  columns: number,
  depth: number,
  lowerOnly: boolean,
): Float64Array {
  const [height, width, length] = [padded(rows, TALL), padded(columns, WIDE), padded(depth, LANES)];
  const [inA, inB, inC] = [height * length, width * length, height * width];
  const memory = new WebAssembly.Memory({ initial: Math.ceil(((inA + inB + inC) * BYTES) / PAGE) });
  const { sums } = new WebAssembly.Instance(compiled(), { in: { memory } }).exports as { sums: Kernel };
  const held = new Float64Array(memory.buffer);
  for (let i = 0; i < rows; i++) held.set(a.subarray(i * depth, (i + 1) * depth), i * length);
  for (let i = 0; i < columns; i++) held.set(b.subarray(i * depth, (i + 1) * depth), inA + i * length);
  const [stride, cStride] = [length * BYTES, width * BYTES];
  const [startB, startC] = [inA * BYTES, (inA + inB) * BYTES];
  const panel = Math.max(TALL, Math.floor(PANEL / length / TALL) * TALL);
  for (let from = 0; from < width; from += panel) {
    for (let i = lowerOnly ? from : 0; i < height; i += TALL) {
      const to = Math.min(width, from + panel, lowerOnly ? i + TALL : width);
      const c = startC + i * cStride + from * BYTES;
      sums(i * stride, startB + from * stride, startB + to * stride, c, stride, cStride);
    }
  }
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const at = inA + inB + i * width;
    product.set(held.subarray(at, at + columns), i * columns);
  }
  return product;
}

const padded = (count: number, step: number): number => Math.ceil(count / step) * step;

let module: WebAssembly.Module | undefined;
const compiled = (): WebAssembly.Module => (module ??= new WebAssembly.Module(assembled()));

// Instructions by their names in the WebAssembly specification, section 5.4.
const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const get = (local: number): number[] => [0x20, ...leb(local)];
const set = (local: number): number[] => [0x21, ...leb(local)];
const tee = (local: number): number[] => [0x22, ...leb(local)];
const i32Const = (value: number): number[] => [0x41, ...leb(value)];
const I32_ADD = [0x6a];
const I32_LESS = [0x49];
const F64_ADD = [0xa0];
const F64X2_ADD = [0xfd, 0xf0, 0x01];
const F64X2_MUL = [0xfd, 0xf2, 0x01];
const V128_ZERO = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
const V128_LOAD = [0xfd, 0x00, 0x03, 0x00];
const f64Store = (offset: number): number[] => [0x39, 0x03, ...leb(offset)];
const lane = (index: number): number[] => [0xfd, 0x21, index];
/** Repeats while its body leaves something other than 0. */
const loop = (body: readonly number[]): number[] => [0x03, 0x40, ...body, 0x0d, 0x00, 0x0b];
const advance = (local: number, by: readonly number[]): number[] => [
  ...get(local),
  ...by,
  ...I32_ADD,
  ...set(local),
];

/** The module: one function, from the address of four rows of A and a range of rows of B to four rows of C. */
function assembled(): Uint8Array<ArrayBuffer> {
  const [I32, V128] = [0x7f, 0x7b];
  const [A, B, B_END, C, STRIDE, C_STRIDE] = [0, 1, 2, 3, 4, 5];
  const PARAMETERS = 6;
  // Addresses of the element in each row of A and B, the end of the first row, the row of C.
  const rowA = (i: number): number => PARAMETERS + i;
  const rowB = (j: number): number => PARAMETERS + TALL + j;
  const END = PARAMETERS + TALL + WIDE;
  const ROW_C = END + 1;
  const ADDRESSES = TALL + WIDE + 2;
  const valueA = (i: number): number => PARAMETERS + ADDRESSES + i;
  const VALUE_B = PARAMETERS + ADDRESSES + TALL;
  const sum = (i: number, j: number): number => VALUE_B + 1 + i * WIDE + j;
  const VECTORS = TALL + 1 + TALL * WIDE;

  const tall = Array.from({ length: TALL }, (_, i) => i);
  const wide = Array.from({ length: WIDE }, (_, j) => j);
  const products = loop([
    ...tall.flatMap((i) => [...get(rowA(i)), ...V128_LOAD, ...set(valueA(i))]),
    ...wide.flatMap((j) => [
      ...[...get(rowB(j)), ...V128_LOAD, ...set(VALUE_B)],
      ...tall.flatMap((i) => [
        ...[...get(sum(i, j)), ...get(valueA(i)), ...get(VALUE_B), ...F64X2_MUL, ...F64X2_ADD],
        ...set(sum(i, j)),
      ]),
    ]),
    ...[...tall.slice(1).map(rowA), ...wide.map(rowB)].flatMap((row) => advance(row, i32Const(16))),
    ...[...get(rowA(0)), ...i32Const(16), ...I32_ADD, ...tee(rowA(0)), ...get(END), ...I32_LESS],
  ]);
  const first = (rows: readonly number[], start: number): number[] =>
    rows.flatMap((row, i) =>
      i === 0
        ? [...get(start), ...set(row)]
        : [...get(rows[i - 1]!), ...get(STRIDE), ...I32_ADD, ...set(row)],
    );
  const body = [
    ...loop([
      ...first(tall.map(rowA), A),
      ...first(wide.map(rowB), B),
      ...[...get(A), ...get(STRIDE), ...I32_ADD, ...set(END)],
      ...tall.flatMap((i) => wide.flatMap((j) => [...V128_ZERO, ...set(sum(i, j))])),
      ...products,
      ...[...get(C), ...set(ROW_C)],
      ...tall.flatMap((i) => [
        ...wide.flatMap((j) => [
          ...[...get(ROW_C), ...get(sum(i, j)), ...lane(0), ...get(sum(i, j)), ...lane(1), ...F64_ADD],
          ...f64Store(j * BYTES),
        ]),
        ...advance(ROW_C, get(C_STRIDE)),
      ]),
      ...advance(C, i32Const(WIDE * BYTES)),
      ...advance(B, get(STRIDE)),
      ...[...get(B), ...get(STRIDE), ...I32_ADD, ...tee(B), ...get(B_END), ...I32_LESS],
    ]),
    0x0b,
  ];
  const code = [0x02, ...leb(ADDRESSES), I32, ...leb(VECTORS), V128, ...body];
  const section = (id: number, content: readonly number[]): number[] => [
    id,
    ...leb(content.length),
    ...content,
  ];
  const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x01, 0x60, PARAMETERS, ...new Array<number>(PARAMETERS).fill(I32), 0x00]),
    ...section(2, [0x01, ...name('in'), ...name('memory'), 0x02, 0x00, 0x01]),
    ...section(3, [0x01, 0x00]),
    ...section(7, [0x01, ...name('sums'), 0x00, 0x00]),
    ...section(10, [0x01, ...leb(code.length), ...code]),
  ]);
}
