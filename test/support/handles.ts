/** A hand on the handles of a ring in the viewer: a real mouse, where the handles really are. */
import type { PlaneName, Point, ViewerPage } from './browser.ts';

export interface OnPage {
  readonly x: number;
  readonly y: number;
}

/** A ring on the page, CSS pixels. */
export interface RingOnPage {
  readonly centre: OnPage;
  readonly radius: number;
  readonly knob: OnPage;
}

interface Camera {
  readonly focalPoint: Point;
  readonly position: Point;
  readonly parallelScale: number;
}
interface Viewport {
  readonly element: HTMLElement;
  getCamera(): Camera;
  setCamera(camera: Camera): void;
  getProperties(): { readonly voiRange: { readonly lower: number; readonly upper: number } };
  render(): void;
}
interface Page {
  readonly services: {
    readonly cornerstoneViewportService: { getCornerstoneViewport(id: string): Viewport };
  };
}

/** Where the handles of one plane are; the plane must show them. */
export function ringOnPage(viewer: ViewerPage, plane: PlaneName): Promise<RingOnPage> {
  return viewer.page.evaluate((id) => {
    const { services } = window as unknown as Page;
    const { element } = services.cornerstoneViewportService.getCornerstoneViewport(id);
    const svg = element.querySelector<SVGElement>('[data-nodulelab=handles]')!;
    const { left, top } = svg.getBoundingClientRect();
    const circle = (handle: string): { x: number; y: number; r: number } => {
      const found = svg.querySelector(`[data-handle=${handle}]`)!;
      const value = (name: string): number => Number(found.getAttribute(name));
      return { x: left + value('cx'), y: top + value('cy'), r: value('r') };
    };
    const [size, knob] = [circle('size'), circle('turn')];
    return { centre: { x: size.x, y: size.y }, radius: size.r, knob: { x: knob.x, y: knob.y } };
  }, `nodulelab-${plane}`);
}

/** Zooms one plane about a point, as a reader does. @param halfMm of its height */
export async function zoomTo(viewer: ViewerPage, plane: PlaneName, at: Point, halfMm: number): Promise<void> {
  await viewer.page.evaluate(
    ([id, point, parallelScale]) => {
      const { services } = window as unknown as Page;
      const viewport = services.cornerstoneViewportService.getCornerstoneViewport(id);
      const { focalPoint, position } = viewport.getCamera();
      const moved = position.map((value, axis) => value + point[axis]! - focalPoint[axis]!) as Point;
      viewport.setCamera({ focalPoint: point, position: moved, parallelScale });
      viewport.render();
    },
    [`nodulelab-${plane}`, at, halfMm] as const,
  );
  await viewer.page.waitForTimeout(500);
}

/** How one plane looks: its window, its slice and its zoom. */
export function lookOf(
  viewer: ViewerPage,
  plane: PlaneName,
): Promise<{ window: number; level: number; slice: number; scale: number }> {
  return viewer.page.evaluate((id) => {
    const { services } = window as unknown as Page;
    const viewport = services.cornerstoneViewportService.getCornerstoneViewport(id);
    const { lower, upper } = viewport.getProperties().voiRange;
    const { focalPoint, parallelScale } = viewport.getCamera();
    return { window: upper - lower, level: lower, slice: focalPoint[2], scale: parallelScale };
  }, `nodulelab-${plane}`);
}

/** In how many planes there are handles to see. */
export const handlesSeen = (viewer: ViewerPage): Promise<number> =>
  viewer.page.locator('[data-nodulelab=handles]:visible').count();

/** @param meanwhile what is looked at before the button is let go */
export async function drag<T>(
  viewer: ViewerPage,
  from: OnPage,
  to: OnPage,
  meanwhile: () => Promise<T>,
): Promise<T> {
  const { mouse } = viewer.page;
  await mouse.move(from.x, from.y);
  await mouse.down();
  await mouse.move(to.x, to.y, { steps: 8 });
  const seen = await meanwhile();
  await mouse.up();
  return seen;
}
