/** The part of dcmjs 0.52 that dcmjsFacade.ts uses; the package ships no types. */
declare module 'dcmjs' {
  interface TagEntry {
    vr: string;
    Value?: unknown[];
  }
  type TagDictionary = Record<string, TagEntry>;
  class DicomDict {
    constructor(meta: TagDictionary);
    meta: TagDictionary;
    dict: TagDictionary;
    write(options?: { allowInvalidVRLength?: boolean }): ArrayBuffer;
  }
  interface Logger {
    setLevel(level: 'silent' | 'error' | 'warn'): void;
  }
  const dcmjs: {
    data: {
      DicomMessage: {
        readFile(buffer: ArrayBuffer, options?: { ignoreErrors?: boolean; noCopy?: boolean }): DicomDict;
      };
      DicomDict: typeof DicomDict;
      DicomMetaDictionary: { dictionary: Record<string, { vr: string; name: string } | undefined> };
    };
    log: Logger & { getLogger(name: string): Logger };
  };
  export default dcmjs;
}
