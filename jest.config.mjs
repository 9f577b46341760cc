// Three suites: unit (pure rooms, seconds), integration (real Orthanc, embedded database), e2e (real Chromium).
const base = {
  rootDir: import.meta.dirname,
  testEnvironment: '<rootDir>/test/support/nodeEnvironment.cjs',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          target: 'es2023',
          experimental: { keepImportAttributes: true },
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'es6' },
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.nodulelab/', '<rootDir>/artifacts/'],
};

const suite = (name) => ({
  ...base,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`, `<rootDir>/test/${name}/**/*.test.tsx`],
});

export default {
  projects: [suite('unit'), suite('integration'), suite('e2e')],
  testTimeout: 60_000,
  maxWorkers: 2,
};
