/** The size of a nodule where nobody names one. */
import type { Candidate } from '@nodulelab/contract';

/** Where neither the caller nor the record of the nodule names a size, mm. */
export const DEFAULT_DIAMETER_MM = 10;

/** A candidate of a conditional generator is meant for the diameter that it was asked for; any other has no size. */
export const usualDiameterOf = ({ conditions }: Pick<Candidate, 'conditions'>): number =>
  conditions?.diameter ?? DEFAULT_DIAMETER_MM;
