/** The one thing to do next: the panel highlights exactly one section and says one sentence. */
import { annotationSentence } from './annotation.ts';
import { annotationShown, editsOf, isActive, isSynthetic, type Session } from './session.ts';

export type Step = 'nodule' | 'generate' | 'place' | 'accept';

export interface NextStep {
  /** The section to highlight; null while there is nothing to do but wait or look. */
  readonly step: Step | null;
  readonly sentence: string;
}

export function nextStep(session: Session): NextStep {
  if (!session.host) return { step: null, sentence: 'Waiting for a CT series in the viewport.' };
  if (!session.webgl)
    return { step: null, sentence: 'Read the slices and the nodules; placing waits for WebGL.' };
  const annotation = annotationShown(session);
  if (annotation) return { step: 'nodule', sentence: annotationSentence(annotation) };
  if (isActive(session.job)) return { step: 'accept', sentence: 'Writing the new series.' };
  const working =
    editsOf(session).length > 0 || session.previewing || session.picking || session.refusal !== null;
  if (isSynthetic(session) && !working)
    return { step: 'accept', sentence: 'Look at it, edit it further, or go back.' };
  if (session.nodulesState === 'loading') return { step: null, sentence: 'Reading the nodules of this CT.' };
  if (session.unconfirmed) return { step: 'accept', sentence: 'Say whether the poor checks are meant.' };
  if (session.previewing)
    return { step: session.place ? 'place' : 'nodule', sentence: 'Preparing the preview.' };
  if (session.preview) return { step: 'accept', sentence: 'Look at it, then accept or discard it.' };
  if (session.generating) return { step: 'generate', sentence: 'Generating candidates.' };
  if (session.candidates.length === 0 && session.modelsKnown && session.models.length === 0)
    return { step: null, sentence: 'Look at the nodules; making new ones waits for a generator.' };
  if (session.candidates.length === 0)
    return session.nodules.length > 0 && session.selectedNoduleId === null
      ? { step: 'nodule', sentence: 'Select a nodule to look at, or generate candidates at once.' }
      : { step: 'generate', sentence: 'Press Generate to make candidates.' };
  if (session.chosenCandidateId === null) return { step: 'generate', sentence: 'Choose a candidate.' };
  if (session.refusal) return { step: 'place', sentence: 'Choose another place.' };
  if (session.stack.length > 0) return { step: 'place', sentence: 'Place the next one, or accept these.' };
  return { step: 'place', sentence: 'Click a place in the lung, or press Propose.' };
}
