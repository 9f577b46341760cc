/** How attributes are called in sentences. */
const WORDS: Readonly<Record<string, string>> = {
  diameter: 'diameter on the patch',
  insertedDiameter: 'diameter in a CT',
  insertedLargest: 'largest diameter in a CT',
  meanHu: 'mean HU',
  textureHu: 'texture by mean HU',
  internalStructure: 'internal structure',
};

export const attributeWord = (name: string): string => WORDS[name] ?? name;
