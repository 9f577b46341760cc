/** The panel "Nodule synthesis": four steps, of which one is the next. */
import { useRef, useSyncExternalStore } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { nextStep } from '../state/nextStep.ts';
import { annotationShown } from '../state/session.ts';
import { annotateStyles } from './annotateStyles.ts';
import { calmStyles } from './calmStyles.ts';
import { GenerateSection } from './GenerateSection.tsx';
import { NoduleSection } from './NoduleSection.tsx';
import { JobsSection } from './JobsSection.tsx';
import { useFoldings, usePanelHeight, useTopOfFolded } from './folding.tsx';
import { Button, FoldingContext } from './parts.tsx';
import { PlaceSection } from './PlaceSection.tsx';
import { placeStyles } from './placeStyles.ts';
import { Quiz } from './Quiz.tsx';
import { Origin } from './ProvenanceCard.tsx';
import { styles } from './styles.ts';
import { Tour, TourButton } from './Tour.tsx';
import { TroubleStates } from './TroubleState.tsx';

export function SynthesisPanel({ service }: { readonly service: NoduleLabService }) {
  const session = useSyncExternalStore(service.store.watch, service.store.get);
  const { step, sentence } = nextStep(session);
  const shared = { service, session };
  const element = useRef<HTMLDivElement>(null);
  const foldings = useFoldings(service, session, usePanelHeight(element));
  useTopOfFolded(element, foldings);
  const annotating = annotationShown(session) !== null;
  return (
    <div ref={element} className="nl" data-testid="nodulelab-panel" data-step={step ?? 'none'}>
      <style>{styles}</style>
      <style>{placeStyles}</style>
      <style>{calmStyles}</style>
      <style>{annotateStyles}</style>
      <div className="nl-top">
        <TroubleStates session={session} />
        <div className="nl-next" aria-live="polite" data-testid="next-step">
          {sentence}
        </div>
      </div>
      {session.error && (
        <div className="nl-note nl-bad nl-row" role="alert" style={{ marginTop: 0 }} data-testid="error">
          <span className="nl-wide">{session.error}</span>
          <Button icon label="Dismiss" onPress={() => service.dismissError()}>
            {'\u00d7'}
          </Button>
        </div>
      )}
      <Origin service={service} provenance={session.provenance} />
      <FoldingContext.Provider value={annotating ? null : foldings.nodules}>
        <NoduleSection {...shared} next={step === 'nodule'} />
      </FoldingContext.Provider>
      {/* A nodule is marked in the original: the steps that change what is seen rest until that is done. */}
      <div className={annotating ? 'nl-steps nl-resting' : 'nl-steps'} {...(annotating ? { inert: '' } : {})}>
        <FoldingContext.Provider value={foldings.generate}>
          <GenerateSection {...shared} next={step === 'generate'} />
        </FoldingContext.Provider>
        <PlaceSection {...shared} step={step} />
      </div>
      <JobsSection {...shared} />
      <div className="nl-row">
        <TourButton service={service} />
        <Quiz game={service.quiz} seriesInstanceUID={session.host?.seriesInstanceUID ?? null} />
      </div>
      <Tour service={service} at={session.tour} />
    </div>
  );
}
