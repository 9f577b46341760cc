/** The one thing to do next: the panel highlights exactly one section and says one sentence. */
import { isActive, isSynthetic, type Session } from './session.ts';

export type Step = 'nodule' | 'generate' | 'place' | 'accept';

export interface NextStep {
  /** The section to highlight; null while there is nothing to do but wait or look. */
  readonly step: Step | null;
  readonly sentence: string;
}

export function nextStep(session: Session): NextStep {
  if (!session.host) return { step: null, sentence: 'Waiting for a CT series in the viewport.' };
  if (isActive(session.job)) return { step: 'accept', sentence: 'Writing the new series.' };
  if (isSynthetic(session))
    return {
      step: 'accept',
      sentence: 'This series holds a synthetic nodule. Show the original to make another.',
    };
  if (session.nodulesState === 'loading') return { step: null, sentence: 'Reading the nodules of this CT.' };
  if (session.generating) return { step: 'generate', sentence: 'Generating candidates.' };
  if (session.candidates.length === 0)
    return session.nodules.length > 0 && session.selectedNoduleId === null
      ? { step: 'nodule', sentence: 'Select a nodule to look at, or generate candidates at once.' }
      : { step: 'generate', sentence: 'Press Generate to make candidates.' };
  if (session.chosenCandidateId === null) return { step: 'generate', sentence: 'Choose a candidate.' };
  if (session.previewing) return { step: 'place', sentence: 'Preparing the preview.' };
  if (session.refusal) return { step: 'place', sentence: 'Choose another place.' };
  if (!session.preview) return { step: 'place', sentence: 'Click a place in the lung, or press Propose.' };
  return { step: 'accept', sentence: 'Look at it from all sides, then accept or discard.' };
}
