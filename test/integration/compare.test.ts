import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { ARMS, KINDS } from '../../server/src/services/comparison/arms.ts';
import { compare, type CompareOptions } from '../../server/src/services/comparison/compare.ts';
import { comparisonSchema, type Comparison } from '../../server/src/services/comparison/comparisonResult.ts';
import { openHosts, type LoadedHost } from '../../server/src/services/comparison/hosts.ts';
import { makeLesion, look } from '../../server/src/services/comparison/lesions.ts';
import { openRealNodules } from '../../server/src/services/comparison/realNodules.ts';
import { sha256Of } from '../../server/src/store/artefacts.ts';
import { drawing } from '../support/drawing.ts';
import { ballPatch, makeSet, RULE } from '../support/nodulePatches.ts';
import { makePhantomStudy, nodulelab } from '../support/product.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-compare-'));
const at = (...names: string[]): string => join(root, ...names);
const HOST = at('host');
const SET = at('real');
const MARGIN = { fullMm: 1, rimMm: 3 };
const never = new AbortController().signal;
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  await makePhantomStudy(HOST, 1);
  await makeSet(SET, {
    ...{ malignant: 0, benign: 8, size: 32 },
    manifest: { fold: 'test', softMargin: MARGIN },
  });
}, 120_000);

/** A detector that knows one thing: how bright the middle is. */
const detector: NonNullable<CompareOptions['detector']> = {
  card: { name: 'brightness', weights: { sha256: 'cd'.repeat(32) } } as NonNullable<
    CompareOptions['detector']
  >['card'],
  score: async (ct, centre) => {
    const [i, j, k] = centre.map((mm, axis) =>
      Math.round((mm - ct.origin[axis as 0 | 1 | 2]) / ct.spacing[axis as 0 | 1 | 2]),
    ) as [number, number, number];
    return Math.min(1, Math.max(0, (ct.data[i + ct.size[0] * (j + ct.size[1] * k)]! + 1000) / 1200));
  },
};

const options = (name: string, more: Partial<CompareOptions> = {}): CompareOptions => ({
  ...{ hostPaths: [HOST], realDir: SET, outDir: at(name), placesPerHost: 2, seed: 4, draws: 100 },
  ...{ researchArchive: false, unlocked: false, codeVersion: '1', signal: never, detector },
  model: {
    card: {
      ...{ name: 'balls', splitSha256: null, fieldOfView: { diameters: 2 }, softMargin: MARGIN },
      split: { ...RULE, testPatients: [...RULE.testPatients], fold: 'train' },
    },
    sha256: 'ab'.repeat(32),
    ...drawing((seed, index) => ballPatch(32, 8, `${seed} ${index}`, 2)),
  },
  tools: {
    ...{ engine: onnxCpuEngine(), attributes: null, spaces: null },
    ...{ missing: 'There is no attribute network here.', release: async () => undefined },
  },
  now: () => new Date('2026-01-02T03:04:05Z'),
  onProgress: () => undefined,
  ...more,
});

const hostFiles = (): string[] =>
  (
    readdirSync(HOST, { recursive: true, withFileTypes: true }) as {
      name: string;
      parentPath: string;
      isFile(): boolean;
    }[]
  )
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => sha256Of(readFileSync(join(parentPath, name))))
    .toSorted();

describe('four kinds of lesion in a phantom', () => {
  let comparison: Comparison;
  let before: string[];
  let stopped: unknown;
  let leftBehind: readonly string[];
  beforeAll(async () => {
    before = hostFiles();
    const stop = new AbortController();
    stopped = await compare(
      options('whole', {
        signal: stop.signal,
        onProgress: (_, message) => {
          if (message.startsWith('place 1 of 2')) stop.abort();
        },
      }),
    ).catch((error: unknown) => error);
    leftBehind = readdirSync(at('whole'));
    comparison = await compare(options('whole'));
  }, 120_000);

  test('end with Ctrl-C in the middle, and the same command goes on with what is left', () => {
    expect(stopped).toMatchObject({
      kind: 'cancelled',
      message: 'Stopped after 1 of 2 places: the same command goes on from here.',
    });
    expect(leftBehind).toEqual(['work']);
  });

  test('stand at the same places, each measured by the same checks', () => {
    expect(comparison.places).toHaveLength(2);
    for (const { lesions } of comparison.places) {
      expect(Object.keys(lesions).toSorted()).toEqual([...KINDS].toSorted());
      for (const kind of KINDS) {
        expect(lesions[kind].checks.map(({ name }) => name)).toEqual(
          expect.arrayContaining(['seam', 'noise-power', 'hu-range', 'diameter', 'mean-hu']),
        );
        expect(lesions[kind].detector).toBeGreaterThan(0.2);
      }
    }
    // Inserted to the diameter that was asked for.
    for (const { place, lesions } of comparison.places)
      for (const kind of ['ours', 'ellipsoids', 'transplanted', 'reference'] as const)
        expect(Math.abs(lesions[kind].measuredMm / place.diameterMm - 1)).toBeLessThan(0.1);
    expect(comparison.arms.map(({ arm }) => arm)).toEqual([...ARMS]);
  });

  test('lie apart from each other and from the phantom’s own nodules', () => {
    expect(comparison.hosts[0]!.ownNodules).toBeGreaterThan(0);
    const centres = comparison.places.map(({ place }) => place.centre);
    for (const [n, a] of centres.entries())
      for (const b of centres.slice(n + 1))
        expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeGreaterThan(14);
  });

  test('give a result of the promised form, a page in one file, and warnings about so few places', () => {
    const written: unknown = JSON.parse(readFileSync(at('whole', 'comparison.json'), 'utf8'));
    expect(comparisonSchema.parse(written)).toEqual(comparison);
    const page = readFileSync(at('whole', 'comparison.html'), 'utf8');
    // Six pictures a place; nothing is loaded from elsewhere.
    expect(page.match(/<img /g)).toHaveLength(12);
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(comparison.warnings.join('\n')).toMatch(/2 places: below about 30/);
    expect(comparison.warnings.join('\n')).toMatch(/Without --vois/);
    const position = comparison.arms[0]!.figures.find(({ key }) => key.startsWith('position/'));
    expect(position).toMatchObject({ measured: null, notComputed: expect.stringContaining(' ') });
  });

  test('leave the host’s files as they were', () => {
    expect(hostFiles()).toEqual(before);
  });

  test('are not made again by the same command, and a place that is lost is made as it was', async () => {
    const place = (n: number, end: string): string =>
      at('whole', 'work', 'host-0001', `place-000${n}.${end}`);
    const first = readFileSync(place(2, 'f16'));
    rmSync(place(2, 'json'));
    const old = new Date(1_000_000_000_000);
    utimesSync(place(1, 'f16'), old, old);
    const again = await compare(options('whole'));
    expect(statSync(place(1, 'f16')).mtimeMs).toBe(old.getTime());
    expect(readFileSync(place(2, 'f16')).equals(first)).toBe(true);
    expect(again.places).toEqual(comparison.places);
    expect(again.arms).toEqual(comparison.arms);
  }, 120_000);

  test('are refused for another seed in the same folder', async () => {
    await expect(compare(options('whole', { seed: 5 }))).rejects.toThrow(
      /belongs to a comparison of other hosts/,
    );
  });
});

describe('each lesion', () => {
  let host: LoadedHost;
  beforeAll(async () => {
    const [opened] = await openHosts([HOST], { researchArchive: false }, never);
    host = await opened!.load();
  }, 120_000);

  test('changes voxels of its own box only, and the host holds its own again afterwards', async () => {
    const real = await openRealNodules(SET, undefined, never);
    try {
      const { place } = (JSON.parse(readFileSync(at('whole', 'comparison.json'), 'utf8')) as Comparison)
        .places[0]!;
      const { data, size } = host.volume;
      const untouched = Int16Array.from(data);
      const material = {
        ...{ ours: ballPatch(32, 8, 'x', 2), transplanted: await real.file.patch(0) },
        ...{ reference: await real.file.patch(1), box: await real.box(0), spacingMm: 0.4 },
      };
      for (const kind of KINDS) {
        const lesion = makeLesion(kind, host, place, material, MARGIN);
        const { min, max } = lesion.box;
        let changed = 0;
        for (let k = min[2], n = 0; k < max[2]; k++)
          for (let j = min[1]; j < max[1]; j++)
            for (let i = min[0]; i < max[0]; i++, n++) {
              const own = data[i + size[0] * (j + size[1] * k)]!;
              if (lesion.alpha[n] === 0) expect(lesion.hu[n]).toBe(own);
              else if (lesion.hu[n] !== own) changed++;
            }
        expect(changed).toBeGreaterThan(20);
        const seen = await look(host, place, lesion, { size: 32, margin: MARGIN, detect: null });
        expect(seen.isolated).not.toBeNull();
        expect(Buffer.from(data.buffer).equals(Buffer.from(untouched.buffer))).toBe(true);
      }
    } finally {
      await real.close();
    }
  }, 120_000);
});

describe('what cannot be compared', () => {
  test('is a host that takes fewer nodules than asked for: the message says how many', async () => {
    await expect(compare(options('many', { placesPerHost: 200 }))).rejects.toThrow(
      /has \d+ of 200 allowed places that lie apart .* ask for fewer with --places/,
    );
  }, 120_000);

  test('is a set of the training fold, or one that shares patients with the training set', async () => {
    await makeSet(at('train'), { malignant: 0, benign: 4, size: 16 });
    await expect(compare(options('fold', { realDir: at('train') }))).rejects.toThrow(/training fold/);
    await expect(compare(options('shared', { trainingDir: SET }))).rejects.toThrow(
      /8 patients of .* are also in the training set/,
    );
  });

  test('is a folder without a CT: the command says so in one line', async () => {
    const { status, stderr } = await nodulelab(
      ...['compare', '--hosts', SET, '--real', SET, '--out', at('nothing')],
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /There is no CT series in the host folder .*: give a folder with the DICOM slices/,
    );
  });
});
