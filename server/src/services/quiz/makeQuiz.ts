/**
 * Pictures for a guess: real nodules in their CTs, and synthetic ones in the same CTs at places that the program proposes.
 * Both are cut from the CT by the same lines, so that only the nodule differs; none is picked by how it looks. Nothing is
 * stored: neither candidates nor previews nor answers.
 */
import type { Nodule, Quiz, QuizRequest, WantedConditions } from '@nodulelab/contract';
import { CONDITION_RANGES } from '../../gan/conditions.ts';
import type { Sampler } from '../../gan/sampler.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import { greyDataUrl, lungGreyOfHu } from '../thumbnails.ts';
import { realNodules, shuffled } from './realNodules.ts';

/** Edge of a picture: the largest nodule with its surroundings. */
const FIELD_MM = 48;
const EDGE = 128;
const FEWEST = 4;
/** Places that are tried for one nodule. */
const ATTEMPTS = 4;

type Context = Pick<ServiceContext, 'store' | 'models' | 'imaging'>;
type Question = Quiz['questions'][number];

/** @throws NoduleLabError `unusable` without nodules, or where none could be inserted; `not-found` for the model */
export async function makeQuiz(context: Context, request: QuizRequest): Promise<Quiz> {
  const { seriesInstanceUID, seed, count } = request;
  const random = Random.of('quiz', seed);
  const { real, nodules } = await realNodules(context, seriesInstanceUID, random);
  const { model, sampler } = await context.models.load(request.model);
  // How many are real is not to be guessed from how many were seen.
  const half = Math.floor(count / 2) + random.integer(3) - 1;
  const wanted = Math.max(1, Math.min(half, count - 1));
  const shown: Nodule[] = [];
  const questions: Question[] = [];
  for (const nodule of nodules) {
    if (shown.length === wanted) break;
    const question = await realQuestion(context, nodule, real);
    if (question === null) continue;
    shown.push(nodule);
    questions.push(question);
  }
  if (shown.length === 0)
    throw new NoduleLabError(
      'unusable',
      'The archive has none of the CTs of its nodules any more: import one.',
    );
  // Of few real nodules a short quiz: who is shown nearly nothing but synthetic ones guesses that soon.
  const all = Math.min(count, Math.max(FEWEST, 2 * shown.length + random.integer(3)));
  for (let index = 0; index < all - shown.length; index += 1) {
    // In the CT and of the size of a real one: neither gives it away.
    const like = shown[index % shown.length]!;
    const made = await syntheticQuestion(context, { sampler, name: model.name, seed, index, like });
    if (made !== null) questions.push(made);
  }
  if (questions.length === shown.length)
    throw new NoduleLabError(
      'unusable',
      'No synthetic nodule could be placed in these CTs: open another one.',
    );
  return { real, model: model.name, fieldMm: FIELD_MM, questions: shuffled(questions, random) };
}

/** Null where its CT is gone, or is itself a synthetic one from elsewhere. */
async function realQuestion(context: Context, nodule: Nodule, real: Quiz['real']): Promise<Question | null> {
  const { seriesInstanceUID, centre, diameterMm, number, readers } = nodule;
  const whose = real === 'phantom' ? 'Of the phantom' : 'Of a patient';
  const thumbnails = await pictures(context, { seriesInstanceUID, centre, earlier: [] }).catch(
    (error: unknown) => {
      if (error instanceof NoduleLabError && error.kind !== 'upstream') return null;
      throw error;
    },
  );
  if (thumbnails === null) return null;
  return {
    thumbnails,
    real: true,
    about: `${whose}, number ${number} of its CT, ${diameterMm.toFixed(0)} mm, marked by ${readers === 1 ? 'one reader' : `${readers} readers`}`,
  };
}

interface Wanted {
  readonly sampler: Sampler;
  readonly name: string;
  readonly seed: number;
  readonly index: number;
  readonly like: Nodule;
}

/** Null where no place was found. */
async function syntheticQuestion(context: Context, wanted: Wanted): Promise<Question | null> {
  const { sampler, name, seed, index, like } = wanted;
  const { seriesInstanceUID, diameterMm } = like;
  const { hu: patch } = await sampler.draw(seed, index, conditionsLike(like, sampler));
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const chance = Random.of('quiz place', seed, index, attempt).integer(2 ** 31);
    try {
      const { centre } = await context.imaging.propose({ seriesInstanceUID, diameterMm, seed: chance });
      const { box, hu } = await context.imaging.preview({
        ...{ seriesInstanceUID, patch, centre, diameterMm, seed: chance },
      });
      return {
        thumbnails: await pictures(context, { seriesInstanceUID, centre, earlier: [{ box, hu }] }),
        real: false,
        about: `By ${name}, seed ${seed}, number ${index + 1}, ${diameterMm.toFixed(0)} mm, in the same CT`,
      };
    } catch (error) {
      if (!(error instanceof NoduleLabError) || error.kind !== 'unusable') throw error;
    }
  }
  return null;
}

/** As the real one is: a mix of other looks would tell the synthetic ones by their kind. */
function conditionsLike({ diameterMm, consensus }: Nodule, { conditionNames }: Sampler): WantedConditions {
  const wanted: WantedConditions = {};
  for (const name of conditionNames) {
    const value = name === 'diameter' ? diameterMm : consensus?.[name];
    const [low, high] = CONDITION_RANGES[name];
    if (value !== undefined) wanted[name] = Math.min(high, Math.max(low, value));
  }
  return wanted;
}

async function pictures(
  { imaging }: Context,
  where: Pick<Parameters<Context['imaging']['planes']>[0], 'seriesInstanceUID' | 'centre' | 'earlier'>,
): Promise<Question['thumbnails']> {
  const { axial, coronal, sagittal } = await imaging.planes({ ...where, fieldMm: FIELD_MM, edge: EDGE });
  const picture = (hu: Float32Array): string =>
    greyDataUrl(EDGE, (u, v) => lungGreyOfHu(hu[u + EDGE * v] ?? 0));
  return { axial: picture(axial), coronal: picture(coronal), sagittal: picture(sagittal) };
}
