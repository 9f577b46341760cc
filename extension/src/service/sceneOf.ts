/** What the viewports draw for a state of the session. */
import type { Nodule } from '@nodulelab/contract';
import { isDrawn } from '../state/annotation.ts';
import { consensusShown, marksShown } from '../state/outlines.ts';
import type { Look } from '../state/looks.ts';
import {
  annotationShown,
  editsOf,
  isRemoved,
  poseOf,
  selectedNodule,
  type Session,
} from '../state/session.ts';
import type { Ring, Scene } from '../viewer/scene.ts';

function ringsOf(session: Session): Ring[] {
  const written = session.synthetic.map(({ kind, centre, diameterMm }): Ring => ({
    centre,
    diameterMm,
    kind: kind === 'remove' ? 'removed' : 'synthetic',
  }));
  const { place, preview, refusal, diameterMm } = session;
  // While a place is being tried its ring moves at once; the preview follows.
  const shown = place && preview ? session.stack : editsOf(session);
  const previewed = shown.map((edit): Ring => ({
    centre: edit.centre,
    diameterMm: edit.diameterMm,
    kind: edit.edit.kind === 'remove' ? 'removed' : 'candidate',
  }));
  const tried: Ring[] = place ? [{ centre: place, diameterMm, kind: refusal ? 'refused' : 'candidate' }] : [];
  return [...written, ...previewed, ...tried];
}

/** Readers' outlines around a nodule that is not to be seen would say the wrong thing; its ring tells the place. */
function outlinedNodule(session: Session): Nodule | null {
  const nodule = selectedNodule(session);
  if (!nodule || !session.showContours) return null;
  const seen = session.previewShown ? session : { ...session, stack: [], preview: null };
  return isRemoved(seen, nodule.id) ? null : nodule;
}

/** What is on the screen is no CT that anybody has: each way of looking says so. */
const BADGES: Readonly<Record<Look, string>> = {
  whole: 'PREVIEW \u00b7 NOT SAVED',
  swipe: 'ORIGINAL | PREVIEW \u00b7 NOT SAVED',
  difference: 'DIFFERENCE \u00b7 NO CT NUMBERS',
};

export function sceneOf(session: Session): Scene {
  const outlined = outlinedNodule(session);
  const annotation = annotationShown(session);
  return {
    marks: outlined ? marksShown(outlined, session.outlines) : [],
    consensus: outlined ? consensusShown(outlined, session.outlines) : [],
    rings: session.showContours ? ringsOf(session) : [],
    // Only one thing at a time has handles.
    handles: session.showContours && !annotation ? poseOf(session) : null,
    badge: session.previewShown
      ? { text: BADGES[session.look], kind: 'preview' }
      : annotation?.dirty && isDrawn(annotation)
        ? { text: 'ANNOTATION \u00b7 NOT SAVED', kind: 'preview' }
        : null,
    picking: annotation ? annotation.picking : session.picking,
    guard: session.guardShown ? (session.guard?.map ?? null) : null,
    draft: annotation?.way === 'ellipsoid' ? annotation.ellipsoid : null,
  };
}
