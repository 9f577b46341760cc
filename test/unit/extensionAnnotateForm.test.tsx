/** The form in which a nodule is rated, as a component. */
import { describe, expect, test } from '@jest/globals';
import { renderToStaticMarkup } from 'react-dom/server';
import { AnnotateForm } from '../../extension/src/panel/AnnotateForm.tsx';
import type { Annotating } from '../../extension/src/service/annotating.ts';
import { startAnnotating } from '../support/annotating.ts';

describe('the form', () => {
  const page = (change: (annotating: Annotating) => void = () => undefined): string => {
    const { annotating, now } = startAnnotating();
    annotating.begin();
    change(annotating);
    return renderToStaticMarkup(<AnnotateForm annotating={annotating} annotation={now()!} />);
  };

  test('asks for the nine characteristics in the words of LIDC, and none is chosen before the reader does', () => {
    const html = page();
    expect(html.match(/role="radiogroup"/g)).toHaveLength(9);
    expect(html.match(/type="radio"/g)).toHaveLength(4 + 6 + 7 * 5);
    expect(html).not.toContain('checked');
    for (const words of ['3, Part solid/mixed', '6, Absent', '4, Air', '2, Ovoid/linear'])
      expect(html).toContain(`aria-label="${words}"`);
  });

  test('points out what is missing only once saving was tried', () => {
    expect(page()).not.toContain('aria-invalid="true"');
    const html = page((annotating) => {
      annotating.clickAt([10, 20, 30]);
      annotating.rate('malignancy', 5);
      void annotating.save();
    });
    // Eight that are not rated, and the reader's name.
    expect(html.match(/aria-invalid="true"/g)).toHaveLength(9);
    expect(html).toContain('Highly suspicious');
    expect(html).toContain('role="alert"');
  });

  test('says that it is not saved, and asks before it lets go', () => {
    const html = page((annotating) => {
      annotating.clickAt([10, 20, 30]);
      annotating.cancel();
    });
    expect(html).toContain('not saved');
    expect(html).toContain('Discard it?');
  });
});
