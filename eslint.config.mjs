import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// The rooms of server/src, ground floor first (docs/architecture.md). A room imports only rooms to its left.
const FLOORS = [
  ['volume', 'tensor'],
  ['engine'],
  ['nn'],
  ['formats', 'dicom'],
  ['lidc'],
  ['phantom', 'anatomy'],
  ['dataset'],
  ['gan'],
  ['networks', 'insertion'],
  ['evaluation'],
  ['reading'],
  ['pacs', 'store', 'security'],
  ['services'],
  ['jobs'],
  ['http', 'cli'],
];
// Pure rooms know no disk, no network, no clock of their own.
const PURE = ['volume', 'tensor', 'anatomy', 'insertion'];

const layering = FLOORS.flatMap((rooms, floor) =>
  rooms.map((room) => {
    const above = FLOORS.slice(floor + 1).flat();
    const patterns = above.map((name) => ({
      group: [`**/${name}/**`, `../${name}/**`],
      message: `${room}/ is below ${name}/: move the shared part down or pass it in.`,
    }));
    if (PURE.includes(room))
      patterns.push({
        group: ['node:*', 'express', 'onnxruntime-*', '@tensorflow/*', 'pg', 'pg-boss'],
        message: `${room}/ is pure: pass disk, clock and randomness in.`,
      });
    return {
      files: [`server/src/${room}/**/*.ts`],
      rules: { 'no-restricted-imports': ['error', { patterns }] },
    };
  }),
);

export default tseslint.config(
  { ignores: ['**/node_modules/**', '**/dist/**', '.nodulelab/**', 'artifacts/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        require: 'readonly',
        module: 'readonly',
        globalThis: 'readonly',
        setTimeout: 'readonly',
        fetch: 'readonly',
        URL: 'readonly',
        AbortSignal: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  ...layering,
);
