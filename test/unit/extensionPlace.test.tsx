import { describe, expect, test } from '@jest/globals';
import type { Candidate, Job, Preview, QualityCheck } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { GenerateSection } from '../../extension/src/panel/GenerateSection.tsx';
import { FoldingContext } from '../../extension/src/panel/parts.tsx';
import { PlaceSection } from '../../extension/src/panel/PlaceSection.tsx';
import type { NoduleLabService } from '../../extension/src/service/noduleLabService.ts';
import { foldsBy, phaseOf } from '../../extension/src/state/folds.ts';
import { nextStep } from '../../extension/src/state/nextStep.ts';
import { emptySession, type Session } from '../../extension/src/state/session.ts';
import { preview } from '../support/extensionDesk.ts';

const service = {} as NoduleLabService;
const host = { studyInstanceUID: '1', seriesInstanceUID: '1.2', description: '' };
const candidate: Candidate = {
  ...{ id: 'c', sha256: '1'.repeat(64), model: 'm', modelSha256: '9'.repeat(64), seed: 4, index: 0 },
  ...{ meanHu: -103, conditions: null, support: null, checks: [] },
  thumbnails: { axial: 'data:a', coronal: 'data:c', sagittal: 'data:s' },
};
const session = (change: Partial<Session>): Session => ({
  ...{ ...emptySession, host, nodulesState: 'ready', chosenCandidateId: 'c' },
  candidates: [candidate],
  ...change,
});
const place = (change: Partial<Session>): string => {
  const state = session(change);
  return renderToStaticMarkup(<PlaceSection service={service} session={state} step={nextStep(state).step} />);
};
const check: QualityCheck = {
  ...{ name: 'diameter', value: 12.34, unit: 'mm', verdict: 'fair' },
  explanation: 'It is larger.',
};
const checked: Preview = { ...preview('p', [1, 2, 3]), checks: [check] };
const looked = { preview: checked, place: checked.centre, previewShown: true };
const mainButton = /class="nl-button nl-main[^>]*data-testid="(\w+)"/;

describe('the section Place', () => {
  test('has only what finds a place until a place is tried', () => {
    const html = place({});
    expect(html).toContain('data-testid="propose"');
    expect(html).not.toContain('data-testid="accept"');
    expect(html).toContain('data-next="true"');
    expect(mainButton.exec(html)?.[1]).toBe('propose');
  });

  test('has checks, looks and accept below once there is a preview, and accept is what to do next', () => {
    const html = place(looked);
    for (const id of ['checks', 'look-swipe', 'undo', 'flip', 'accept', 'discard'])
      expect(html).toContain(`data-testid="${id}"`);
    expect(html).toContain('data-next="true"');
    expect(mainButton.exec(html)?.[1]).toBe('accept');
    expect(html).toMatch(
      /data-check="diameter" data-verdict="fair".*aria-description="fair\. It is larger\."/,
    );
    expect(html).toContain('12.3');
  });

  test('shows the reason of a refusal with the nearest place, and accept asleep', () => {
    const html = place({
      place: [1, 1, 1],
      refusal: { message: 'No lung here.', nearestAllowed: [2, 2, 2] },
    });
    expect(html).toContain('No lung here.');
    expect(html).toContain('data-testid="nearest"');
    expect(html).toMatch(/<button[^>]*disabled[^>]*data-testid="accept"/);
  });

  test('keeps redo at hand after all was taken back', () => {
    expect(place({ canRedo: true })).toMatch(/<button(?![^>]*disabled)[^>]*data-testid="redo"/);
  });

  test('shows how far the writing is, and nothing to press but cancel', () => {
    const job = { state: 'running', message: 'Writing', progress: 0.4 } as Job;
    const html = place({ ...looked, job });
    expect(html).toContain('data-testid="cancel"');
    expect(html).not.toContain('data-testid="accept"');
  });

  test('offers the windows of lung and mediastinum at any time', () => {
    expect(place({})).toContain('data-testid="window-mediastinum"');
  });
});

describe('folding where the screen is low', () => {
  test('begins when a place is tried and ends when all is let go, so that choosing has its room', () => {
    const phases = [
      session({}),
      session({ place: [1, 1, 1] }),
      session({ previewing: true }),
      session(looked),
      session({ job: { state: 'queued' } as Job }),
      session({ stack: [checked] }),
    ].map(phaseOf);
    expect(phases).toEqual(['choose', 'judge', 'judge', 'judge', 'judge', 'choose']);
  });

  test('takes the nodules first, then the candidates, and on a tall screen nothing', () => {
    const folded = (height: number) => [
      foldsBy('nodules', 'judge', height),
      foldsBy('generate', 'judge', height),
      foldsBy('nodules', 'choose', height),
    ];
    expect(folded(620)).toEqual([true, true, false]);
    expect(folded(1000)).toEqual([true, false, false]);
    expect(folded(1300)).toEqual([false, false, false]);
  });

  test('leaves one line that tells the state or holds what is still at hand, and keeps what was inside', () => {
    const folded = (strip?: string): string =>
      renderToStaticMarkup(
        <FoldingContext.Provider
          value={{ folded: true, onToggle: () => {}, summary: 'none chosen', ...(strip ? { strip } : {}) }}
        >
          <GenerateSection service={service} session={session({})} next={false} />
        </FoldingContext.Provider>,
      );
    const line =
      /aria-expanded="false" aria-controls="([^"]*)".*(none chosen|strip).*<div id="\1" hidden="">/;
    expect(line.exec(folded())?.[2]).toBe('none chosen');
    expect(line.exec(folded('strip'))?.[2]).toBe('strip');
    expect(folded()).toContain('data-testid="generate"');
  });
});
