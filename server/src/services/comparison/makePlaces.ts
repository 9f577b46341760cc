/** Puts every kind of lesion into the hosts: place after place, each kept as soon as it is made. */
import { createHash } from 'node:crypto';
import type { SoftMargin } from '../../dataset/softMask.ts';
import { measurePatch, toHuPatch } from '../../insertion/patchShape.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { KINDS, type Kind } from './arms.ts';
import type { Donors } from './donors.ts';
import type { ComparisonHost, LoadedHost } from './hosts.ts';
import { look, makeLesion, type Detect, type Material, type Seen } from './lesions.ts';
import type { PlacePicture } from './placePicture.ts';
import { planPlaces, type Place } from './places.ts';
import type { RealNodules } from './realNodules.ts';
import { pixelText, type HostRecord, type PlaceRecord, type WorkFolder } from './workFolder.ts';

/** What draws our lesions. */
export interface Sampling {
  /**
   * size³ values in [0, 1], x fastest.
   * @param diameterMm that the lesion will have
   */
  sample(seed: number, index: number, diameterMm: number): Promise<Float32Array>;
}

export interface PlacesSetup {
  readonly hosts: readonly ComparisonHost[];
  readonly real: RealNodules;
  readonly margin: SoftMargin;
  readonly donors: Donors;
  readonly sampling: Sampling;
  readonly detect: Detect;
  readonly placesPerHost: number;
  readonly seed: number;
  readonly work: WorkFolder;
  readonly signal: AbortSignal;
  /** Called with what is done of all places. */
  readonly onPlace: (done: number, total: number, host: string) => void;
}

export interface MadeHost {
  readonly name: string;
  readonly record: HostRecord;
  readonly places: readonly PlaceRecord[];
}

/** Samples that show no nodule before a generator is given up. */
const MOST_EMPTY = 20;

/** @throws NoduleLabError `cancelled` where it is stopped (the same call goes on); as `planPlaces` */
export async function makePlaces(setup: PlacesSetup): Promise<MadeHost[]> {
  const { hosts, work, donors, placesPerHost, seed, signal } = setup;
  const total = hosts.length * placesPerHost;
  const uses = new Map<number, number>();
  const made: MadeHost[] = [];
  let done = 0;
  const stopHere = (): void => {
    if (signal.aborted)
      throw new NoduleLabError(
        'cancelled',
        `Stopped after ${done} of ${total} places: the same command goes on from here.`,
      );
  };
  for (const [number, host] of hosts.entries()) {
    stopHere();
    // Read when something is left to do in it.
    let read: Promise<LoadedHost> | undefined;
    const loaded = (): Promise<LoadedHost> => (read ??= host.load());
    let record = await work.host(number);
    if (record === undefined) {
      const places = planPlaces(host, await loaded(), donors, placesPerHost, uses, seed);
      record = await recordOf(places, await loaded(), setup);
      await work.writeHost(number, record);
    } else
      for (const { transplanted, reference } of record.places)
        for (const index of [transplanted, reference]) uses.set(index, (uses.get(index) ?? 0) + 1);
    const places: PlaceRecord[] = [];
    for (const [at, place] of record.places.entries()) {
      stopHere();
      if ((await work.place(number, at)) === undefined)
        await makePlace(setup, await loaded(), number, at, place);
      places.push((await work.place(number, at))!);
      done++;
      setup.onPlace(done, total, host.name);
    }
    made.push({ name: host.name, record, places });
  }
  return made;
}

async function recordOf(places: Place[], host: LoadedHost, { detect }: PlacesSetup): Promise<HostRecord> {
  const ownScores: number[] = [];
  if (detect !== null)
    for (const { centre, equivalentDiameterMm } of host.nodules ?? [])
      ownScores.push(await detect(host.volume, centre, equivalentDiameterMm));
  return { places, ownNodules: host.nodules?.length ?? null, ownScores };
}

async function makePlace(
  { real, margin, sampling, detect, seed, placesPerHost, work }: PlacesSetup,
  host: LoadedHost,
  hostNumber: number,
  number: number,
  place: Place,
): Promise<void> {
  const { size } = real.file;
  const before = hashOf(host);
  const ours = await sampleWithNodule(sampling, seed, hostNumber * placesPerHost + number, place.diameterMm);
  const material: Material = {
    ours: ours.values,
    transplanted: await real.file.patch(place.transplanted),
    reference: await real.file.patch(place.reference),
    box: await real.box(place.transplanted),
    spacingMm: real.file.manifest.patches[place.transplanted]!.spacingMm,
  };
  const untouched = await look(host, place, null, { size, margin, detect });
  const lesions: Partial<Record<Kind, PlaceRecord['lesions'][Kind]>> = {};
  const seen: Partial<Record<Kind, Seen>> = {};
  for (const kind of KINDS) {
    const lesion = makeLesion(kind, host, place, material, margin);
    const view = await look(host, place, lesion, { size, margin, detect });
    seen[kind] = view;
    lesions[kind] = {
      measuredMm: lesion.measuredMm,
      checks: lesion.checks.map(({ name, value, unit, verdict }) => ({ name, value, unit, verdict })),
      detector: view.detector,
      shown: view.isolated !== null,
    };
  }
  if (hashOf(host) !== before)
    throw new Error(
      'a host was left changed by what was put into it: nothing of this comparison can be believed',
    );
  const all = seen as Record<Kind, Seen>;
  await work.writePlace(
    hostNumber,
    number,
    {
      sample: { index: ours.index, empty: ours.empty },
      plainLung: untouched.detector,
      lesions: lesions as Record<Kind, PlaceRecord['lesions'][Kind]>,
      pictures: {
        host: kept(untouched.picture),
        ...(Object.fromEntries(KINDS.map((kind) => [kind, kept(all[kind].picture)])) as Record<
          Kind,
          ReturnType<typeof kept>
        >),
      },
    },
    all,
  );
}

/** Sample `number`, or the first after it that shows a nodule. */
async function sampleWithNodule(
  { sample }: Sampling,
  seed: number,
  number: number,
  diameterMm: number,
): Promise<{ readonly values: Float32Array; readonly index: number; readonly empty: number }> {
  // Far apart, so that no two places ever get the same sample.
  const first = number * (MOST_EMPTY + 1);
  for (let empty = 0; empty <= MOST_EMPTY; empty++) {
    const index = first + empty;
    const values = await sample(seed, index, diameterMm);
    try {
      measurePatch(toHuPatch(values));
      return { values, index, empty };
    } catch (error) {
      if (!(error instanceof NoduleLabError) || error.kind !== 'unusable') throw error;
    }
  }
  throw new NoduleLabError(
    'unusable',
    `${MOST_EMPTY + 1} samples of the generator in a row show no nodule: train it further, or choose another with --model.`,
  );
}

const kept = ({ mm, axial, coronal }: PlacePicture): { mm: number; axial: string; coronal: string } => ({
  ...{ mm, axial: pixelText(axial), coronal: pixelText(coronal) },
});

function hashOf({ volume: { data } }: LoadedHost): string {
  return createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
}
