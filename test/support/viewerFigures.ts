/** What the browser itself tells of a page: when it first paints, which frames it drops, what goes over the wire. */
import type { Page, Response } from 'playwright-core';
import { z } from 'zod';

const Paints = z.object({ mode: z.number(), panel: z.number(), loaded: z.number() });
/** Milliseconds since the page was asked for. */
export type Paints = z.infer<typeof Paints>;

/** Notes in each frame what is on the page by then. Call it before the page is opened. */
export async function watchPaints(page: Page): Promise<void> {
  await page.addInitScript(() => {
    interface Looked {
      nodulelabPaints: Record<string, number>;
      services?: { cornerstoneViewportService: { getCornerstoneViewport(id: string): unknown } };
      cornerstone?: { cache: { getVolume(id: string): { loadStatus?: { loaded: boolean } } | undefined } };
    }
    const looked = window as unknown as Looked;
    const paints = (looked.nodulelabPaints = {} as Record<string, number>);
    const loaded = (): boolean => {
      const viewport = looked.services?.cornerstoneViewportService.getCornerstoneViewport(
        'nodulelab-axial',
      ) as { getVolumeId?(): string | undefined } | undefined;
      const id = viewport?.getVolumeId?.();
      return id !== undefined && looked.cornerstone?.cache.getVolume(id)?.loadStatus?.loaded === true;
    };
    const seen: Record<string, () => boolean> = {
      // Of the mode's header; the study list has none.
      mode: () => document.querySelector('[data-cy=return-to-work-list]') !== null,
      panel: () => (document.querySelector('[data-testid=nodulelab-panel]')?.textContent ?? '') !== '',
      loaded,
    };
    const look = (now: number): void => {
      for (const [what, isSeen] of Object.entries(seen))
        if (paints[what] === undefined && isSeen()) paints[what] = now;
      if (Object.keys(paints).length < Object.keys(seen).length) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}

/** Waits for all three. */
export async function paintsOf(page: Page): Promise<Paints> {
  const read = await page.waitForFunction(
    () => {
      const paints = (window as unknown as { nodulelabPaints: Record<string, number> }).nodulelabPaints;
      return Object.keys(paints).length === 3 && paints;
    },
    undefined,
    { timeout: 240_000, polling: 200 },
  );
  return Paints.parse(await read.jsonValue());
}

export interface Frames {
  readonly drawn: number;
  readonly dropped: number;
}

const Trace = z.object({ traceEvents: z.array(z.looseObject({ name: z.string().optional() })) });

/** Frames that the browser's own trace counts while something is done. */
export async function framesDuring(page: Page, work: () => Promise<void>): Promise<Frames> {
  const browser = page.context().browser();
  if (!browser) throw new Error('this page has no browser that could be traced');
  await browser.startTracing(page, {
    categories: ['disabled-by-default-devtools.timeline', 'disabled-by-default-devtools.timeline.frame'],
  });
  let traced: Buffer;
  try {
    await work();
  } finally {
    traced = await browser.stopTracing();
  }
  const { traceEvents } = Trace.parse(JSON.parse(traced.toString('utf8')));
  const count = (wanted: string): number => traceEvents.filter(({ name }) => name === wanted).length;
  return { drawn: count('DrawFrame'), dropped: count('DroppedFrame') };
}

/** Scrolls a list to its end by the wheel, as a hand does. */
export async function wheelThrough(page: Page, selector: string): Promise<void> {
  const list = page.locator(selector);
  const box = await list.boundingBox();
  if (!box) throw new Error(`${selector} is not on the screen`);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const atEnd = (): Promise<boolean> =>
    list.evaluate((element) => element.scrollTop + element.clientHeight >= element.scrollHeight - 1);
  for (let turn = 0; turn < 400 && !(await atEnd()); turn += 1) {
    await page.mouse.wheel(0, 40);
    await page.waitForTimeout(16);
  }
}

export interface Exchange {
  readonly path: string;
  /** Bytes as they went over the wire. */
  readonly asked: number;
  readonly answered: number;
  readonly body: string;
}

/** Every request of the page while something is done, but for what it keeps open. */
export async function exchangesDuring(page: Page, work: () => Promise<void>): Promise<Exchange[]> {
  const responses: Response[] = [];
  const note = (response: Response): void => {
    if (!response.url().endsWith('/api/events')) responses.push(response);
  };
  page.on('response', note);
  try {
    await work();
  } finally {
    page.off('response', note);
  }
  return Promise.all(
    responses.map(async (response) => {
      const sizes = await response.request().sizes();
      return {
        path: new URL(response.url()).pathname,
        asked: sizes.requestBodySize,
        answered: sizes.responseBodySize,
        body: await response.text().catch(() => ''),
      };
    }),
  );
}
