/** The kinds of lesion that are held against each other, and what each one stands for. */

/** In the order in which they are reported. `reference` is no arm: it is what the arms are measured against. */
export const ARMS = ['ours', 'ellipsoids', 'cut-and-mix', 'transplanted'] as const;
export type Arm = (typeof ARMS)[number];
export const KINDS = [...ARMS, 'reference'] as const;
export type Kind = (typeof KINDS)[number];

export const ARM_TEXT: Readonly<Record<Kind, { readonly title: string; readonly made: string }>> = {
  ours: {
    title: 'Ours',
    made: 'A sample of the generator, unsorted, inserted by NoduleLab.',
  },
  ellipsoids: {
    title: 'Gaussian ellipsoids',
    made: 'A smooth ellipsoid with the size and the mean HU of the transplanted nodule, inserted by NoduleLab.',
  },
  'cut-and-mix': {
    title: 'Cut-and-mix',
    made: 'The box of the transplanted nodule as it is in its own scan, pasted without a transition, which is what CutMix does (Yun et al., ICCV 2019).',
  },
  transplanted: {
    title: 'Transplanted real',
    made: 'A real nodule of the held-out set, alone on constant ground, inserted by NoduleLab: the ceiling of this insertion.',
  },
  reference: {
    title: 'Reference',
    made: 'A second real nodule, of other patients than those of the transplanted ones, inserted at the same place with the same diameter.',
  },
};
