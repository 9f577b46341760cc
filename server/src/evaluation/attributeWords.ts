/** How attributes are called in sentences. */
const WORDS: Readonly<Record<string, string>> = {
  meanHu: 'mean HU',
  internalStructure: 'internal structure',
};

export const attributeWord = (name: string): string => WORDS[name] ?? name;
