/** What real patches and a generator must have in common before their nodules may lie in one set, or be compared. */
import type { Channel, FieldOfView, PatchManifest } from '../../dataset/manifest.ts';
import { SOFT_MARGIN } from '../../dataset/softMask.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { WINDOW_HIGH_HU, WINDOW_LOW_HU } from '../../volume/window.ts';
import type { BalanceModel } from './balanceModel.ts';
import { fieldText } from './balanceModel.ts';

/** How the patches of a set were cut. */
export interface Material {
  readonly size: number;
  readonly fieldOfView: FieldOfView;
  readonly margin: SoftMargin;
  /** Of the set that is written. */
  readonly channels: readonly Channel[];
}

/** Sets of the isolated form say their margin since there is a choice; before, it was always this. */
export const marginOf = ({ softMargin }: Pick<PatchManifest, 'softMargin'>): SoftMargin =>
  softMargin ?? SOFT_MARGIN;

/** @param channels of the set that is written; those of this one by default */
export const materialOf = (
  manifest: PatchManifest,
  channels: readonly Channel[] = manifest.channels,
): Material => ({
  size: manifest.size,
  fieldOfView: manifest.fieldOfView,
  margin: marginOf(manifest),
  channels,
});

/** The channels of a set that the model makes too. */
export const sharedChannels = (
  { channels }: Pick<PatchManifest, 'channels'>,
  { makesAlpha }: Pick<BalanceModel, 'makesAlpha'>,
): Channel[] => channels.filter((channel) => channel === 'hu' || makesAlpha);

/** The lung that isolated nodules keep, and where none of it is left. */
export const marginText = ({ fullMm, rimMm }: SoftMargin): string => `${fullMm} to ${rimMm} mm`;

/**
 * @param dir names the set in messages
 * @param unlocked the user vouches for what the model's card does not say
 * @throws NoduleLabError `unusable` where the generator's samples would differ from the set's patches by their making
 */
export function requireSameMaterial(
  manifest: PatchManifest,
  dir: string,
  { card, size }: BalanceModel,
  unlocked: boolean,
): void {
  const { form, channels, windowHu, fieldOfView } = manifest;
  const softMargin = marginOf(manifest);
  if (form === 'context')
    throw unusable(
      `${dir} holds nodules in their surroundings, and a generator makes them alone: take a set of the isolated form (dataset build --form isolated).`,
    );
  if (channels[0] !== 'hu')
    throw unusable(
      `The patches of ${dir} have the channels ${channels.join(' and ')}, and a generator makes hu first: build the set again.`,
    );
  if (windowHu[0] !== WINDOW_LOW_HU || windowHu[1] !== WINDOW_HIGH_HU)
    throw unusable(
      `${dir} has the window ${windowHu.join(' to ')} HU, and generators make ${WINDOW_LOW_HU} to ${WINDOW_HIGH_HU} HU: build the set again.`,
    );
  if (manifest.size !== size)
    throw unusable(
      `${dir} holds patches of ${manifest.size}³ voxels, and ${card.name} makes ${size}³: build the set with --size ${size}, or choose another model.`,
    );
  if (!unlocked && (card.fieldOfView === undefined || card.softMargin === undefined))
    throw unusable(
      `The card of ${card.name} does not say what field of view or what margin its nodules have: export the model again with --dataset, ` +
        `or vouch with --unlocked that they are those of ${dir} (${fieldText(fieldOfView)}, ${marginText(softMargin)}).`,
    );
  if (card.fieldOfView !== undefined && fieldText(card.fieldOfView) !== fieldText(fieldOfView))
    throw unusable(
      `${card.name} makes nodules in a field of view of ${fieldText(card.fieldOfView)}, and ${dir} has ${fieldText(fieldOfView)}: ` +
        'build the set with the same, or choose another model.',
    );
  if (card.softMargin !== undefined && marginText(card.softMargin) !== marginText(softMargin))
    throw unusable(
      `${card.name} learned from nodules with ${marginText(card.softMargin)} of lung around them, and those of ${dir} have ${marginText(softMargin)}: ` +
        'a classifier would tell real from synthetic by that. ' +
        `Build the set with --margin ${card.softMargin.fullMm},${card.softMargin.rimMm}, or choose another model.`,
    );
}

const unusable = (message: string): NoduleLabError => new NoduleLabError('unusable', message);
