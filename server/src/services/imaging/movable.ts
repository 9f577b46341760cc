/** Buffers of an answer that go to the other thread instead of being copied: a written CT has a hundred megabytes. */
import type { EditResult, MethodName, PreviewResult, WrittenFiles } from './protocol.ts';

/** Only what the imaging thread made for this very answer and keeps no reference to. */
export function movable(method: MethodName, value: unknown): ArrayBuffer[] {
  switch (method) {
    case 'write': {
      const { instances, segmentation, report } = value as WrittenFiles;
      return whole([...instances, segmentation, report].map(({ bytes }) => bytes));
    }
    case 'preview': {
      const { hu, alpha, footprint, detectorBox } = value as PreviewResult;
      return whole([hu, alpha, footprint, detectorBox]);
    }
    case 'remove': {
      const { hu, alpha, footprint } = value as EditResult;
      return whole([hu, alpha, footprint]);
    }
    default:
      return [];
  }
}

/** Views of a part of a buffer are copied: the rest of it may belong to something else. */
const whole = (views: readonly (Uint8Array | Int16Array | Float32Array)[]): ArrayBuffer[] => [
  ...new Set(
    views
      .filter(({ byteLength, buffer }) => byteLength === buffer.byteLength)
      .map(({ buffer }) => buffer)
      .filter((buffer) => buffer instanceof ArrayBuffer),
  ),
];
