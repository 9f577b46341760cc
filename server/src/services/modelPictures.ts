/** Pictures of what a model makes, kept in its folder and named in its card: who is offered the model can look first. */
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CARD_FILE, type ModelPicture, modelPictureSchema, readModelCard } from '../gan/modelCard.ts';
import { writeAtomically, writeJsonAtomically } from '../nn/artefactFile.ts';
import { NoduleLabError } from '../volume/errors.ts';

/** Below the model's folder. */
const PICTURES_FOLDER = 'pictures';
const PNG = [0x89, 0x50, 0x4e, 0x47];
const JPEG = [0xff, 0xd8, 0xff];

interface PicturedModel {
  readonly name: string;
  readonly folder: string;
}

/**
 * Keeps a picture with the model; one of the same name is replaced.
 * @param path of a PNG or JPEG, whose name it keeps
 * @param caption what it shows, in one or two sentences
 * @returns all pictures of the model
 * @throws NoduleLabError `invalid-input` where it is no such picture or its name cannot be kept, `not-found`
 */
export async function attachPicture(
  { folder }: PicturedModel,
  path: string,
  caption: string,
): Promise<readonly ModelPicture[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new NoduleLabError('not-found', `There is no picture ${path}.`, { path }, error);
  });
  const kind = startsWith(bytes, PNG) ? 'png' : startsWith(bytes, JPEG) ? 'jpg' : undefined;
  const picture = modelPictureSchema.safeParse({ file: basename(path), caption });
  if (kind === undefined || !picture.success || !picture.data.file.endsWith(`.${kind}`))
    throw new NoduleLabError(
      'invalid-input',
      `${path} cannot be a model's picture: name a PNG (NAME.png) or JPEG (NAME.jpg) of letters, digits, - and _, and a caption of 1 to 400 letters.`,
      { path },
    );
  const card = await readModelCard(folder);
  const others = (card.pictures ?? []).filter(({ file }) => file !== picture.data.file);
  const pictures = [...others, picture.data];
  await mkdir(join(folder, PICTURES_FOLDER), { recursive: true });
  await writeAtomically(join(folder, PICTURES_FOLDER, picture.data.file), [bytes]);
  await writeJsonAtomically(join(folder, CARD_FILE), { ...card, pictures });
  return pictures;
}

/** @throws NoduleLabError `not-found` for one that the card does not name, or that did not come with the model */
export async function readModelPicture({ name, folder }: PicturedModel, file: string): Promise<Uint8Array> {
  const { pictures = [] } = await readModelCard(folder);
  if (pictures.some((picture) => picture.file === file))
    try {
      return await readFile(join(folder, PICTURES_FOLDER, file));
    } catch {
      // Told below.
    }
  throw new NoduleLabError(
    'not-found',
    `The model ${name} has no picture ${file}; it has: ${pictures.map((picture) => picture.file).join(', ') || 'none'}.`,
    { name, file },
  );
}

const startsWith = (bytes: Uint8Array, begin: readonly number[]): boolean =>
  begin.every((byte, at) => bytes[at] === byte);
