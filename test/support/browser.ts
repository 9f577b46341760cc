/**
 * A real Chromium on the real viewer, and eyes for what it shows: cameras, canvases and voxels. WebGL runs in software,
 * so a volume takes many seconds to appear: waits are generous, and almost nothing waits by the clock.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page, chromium } from 'playwright-core';

export type Point = [number, number, number];

/** What the viewer puts on the page's window, as far as tests look at it. */
interface ViewerWindow {
  services: {
    cornerstoneViewportService: { getCornerstoneViewport(id: string): TestViewport | undefined };
    displaySetService: { getActiveDisplaySets(): { Modality: string; SeriesInstanceUID: string }[] };
  };
  cornerstone: { cache: { getVolume(id: string): TestVolume | undefined } };
}
interface TestViewport {
  element: HTMLElement;
  canvas: HTMLCanvasElement;
  getVolumeId(): string | undefined;
  getCamera(): { focalPoint: Point; viewPlaneNormal: Point };
  worldToCanvas(point: Point): [number, number];
  jumpToWorld(point: Point): boolean;
  render(): void;
}
interface TestVolume {
  dimensions: Point;
  spacing: Point;
  origin: Point;
  direction: number[];
  loadStatus?: { loaded: boolean };
  voxelManager: {
    getAtIJK(i: number, j: number, k: number): number;
    getCompleteScalarDataArray(): Int16Array;
  };
}

export const PLANES = ['axial', 'sagittal', 'coronal'] as const;
export type PlaneName = (typeof PLANES)[number];

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];
const VOLUME_MS = 120_000;

export const below = (limit: number) => (value: number) => value < limit;

/** Reads until the value is as wanted, at most for half a minute; answers the last one read. */
export async function until<T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await read();
    if (wanted(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** Chromium of `NODULELAB_CHROMIUM`, of the system, or of Playwright. */
export function findChromium(): string {
  const given = process.env['NODULELAB_CHROMIUM'];
  const installed = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => {
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return '';
    }
  });
  const found = [given ?? '', ...installed, chromium.executablePath()].find(
    (path) => path && existsSync(path),
  );
  if (!found)
    throw new Error(
      'No Chromium found: `apt-get install chromium`, or set NODULELAB_CHROMIUM to its executable.',
    );
  return found;
}

export interface BrowserChoices {
  /** Offer the tour, as to somebody who is here for the first time; else the browser remembers having shown it. */
  readonly tour?: boolean;
  /** Further flags of Chromium. */
  readonly flags?: readonly string[];
}

/** One page of the viewer, with what went wrong on it. */
export class ViewerPage {
  readonly page: Page;
  readonly base: string;
  /** Uncaught errors of the page. */
  readonly errors: string[] = [];
  /** Requests that left the viewer's own origin. */
  readonly foreign: string[] = [];
  readonly #browser: Browser;
  readonly #pictures: string;
  #picture = 0;

  private constructor(browser: Browser, page: Page, base: string, pictures: string) {
    this.#browser = browser;
    this.page = page;
    this.base = base;
    this.#pictures = pictures;
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(base) && !/^(blob|data):/.test(url)) this.foreign.push(url);
    });
  }

  /** @param name folder below artifacts/e2e for the screenshots */
  static async open(
    base: string,
    name: string,
    width = 1500,
    height = 900,
    { tour = false, flags = [] }: BrowserChoices = {},
  ): Promise<ViewerPage> {
    const browser = await chromium.launch({
      executablePath: findChromium(),
      headless: true,
      args: [...FLAGS, ...flags],
    });
    const pictures = join(import.meta.dirname, '../../artifacts/e2e', name);
    mkdirSync(pictures, { recursive: true });
    const page = await browser.newPage({ viewport: { width, height } });
    page.setDefaultTimeout(60_000);
    if (!tour) await page.addInitScript(() => localStorage.setItem('nodulelab.tour', 'seen'));
    return new ViewerPage(browser, page, base, pictures);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  /** Keeps what the page shows now, numbered in the order of the walk. */
  async picture(name: string): Promise<void> {
    const number = String(++this.#picture).padStart(2, '0');
    await this.page.screenshot({ path: join(this.#pictures, `${number}-${name}.png`) });
  }

  see(testId: string) {
    return this.page.getByTestId(testId);
  }

  /** How many viewports say this, visibly. */
  badges(text: string): Promise<number> {
    return this.page.locator('[data-nodulelab=badge]:visible', { hasText: text }).count();
  }

  /** Waits until all slices of the volume in the axial viewport are there, and it is not the one with the given id. */
  async volumeLoaded(other?: string): Promise<string> {
    const handle = await this.page.waitForFunction(
      (not) => {
        const { services, cornerstone } = window as unknown as Partial<ViewerWindow>;
        const viewport = services?.cornerstoneViewportService.getCornerstoneViewport('nodulelab-axial');
        const id = viewport?.getVolumeId?.();
        return id && id !== not && cornerstone?.cache.getVolume(id)?.loadStatus?.loaded ? id : false;
      },
      other ?? '',
      { timeout: VOLUME_MS, polling: 300 },
    );
    return (await handle.jsonValue()) as string;
  }

  /** Distance of a point from the plane that a viewport shows, mm. */
  distance(plane: PlaneName, point: Point): Promise<number> {
    return this.page.evaluate(
      ([id, at]) => {
        const { services } = window as unknown as ViewerWindow;
        const camera = services.cornerstoneViewportService.getCornerstoneViewport(id)!.getCamera();
        return Math.abs(
          at.reduce((sum, value, n) => sum + (value - camera.focalPoint[n]!) * camera.viewPlaneNormal[n]!, 0),
        );
      },
      [`nodulelab-${plane}`, point] as const,
    );
  }

  /** Where a patient point is on the page, CSS pixels. */
  position(plane: PlaneName, point: Point): Promise<{ x: number; y: number }> {
    return this.page.evaluate(
      ([id, at]) => {
        const { services } = window as unknown as ViewerWindow;
        const viewport = services.cornerstoneViewportService.getCornerstoneViewport(id)!;
        const { left, top } = viewport.canvas.getBoundingClientRect();
        const [x, y] = viewport.worldToCanvas(at);
        return { x: left + x, y: top + y };
      },
      [`nodulelab-${plane}`, point] as const,
    );
  }

  /** Scrolls every plane to a patient point, as a reader does before clicking it. */
  async showSliceOf(point: Point): Promise<void> {
    await this.page.evaluate(
      ([planes, at]) => {
        const { services } = window as unknown as ViewerWindow;
        for (const plane of planes) {
          const viewport = services.cornerstoneViewportService.getCornerstoneViewport(`nodulelab-${plane}`)!;
          viewport.jumpToWorld(at);
          viewport.render();
        }
      },
      [PLANES, point] as const,
    );
    await this.page.waitForTimeout(1500);
  }

  async clickAt(plane: PlaneName, point: Point): Promise<void> {
    const { x, y } = await this.position(plane, point);
    await this.page.mouse.click(x, y);
  }

  /** Mean grey value (0 to 255) of the canvas itself in a small square around a patient point. */
  brightness(plane: PlaneName, point: Point, half = 2): Promise<number> {
    return this.page.evaluate(
      ([id, at, reach]) => {
        const { services } = window as unknown as ViewerWindow;
        const viewport = services.cornerstoneViewportService.getCornerstoneViewport(id)!;
        const { canvas } = viewport;
        const [x, y] = viewport.worldToCanvas(at);
        const ratio = canvas.width / canvas.clientWidth;
        const size = 2 * reach + 1;
        const { data } = canvas
          .getContext('2d')!
          .getImageData(Math.round(x * ratio) - reach, Math.round(y * ratio) - reach, size, size);
        let sum = 0;
        for (let n = 0; n < data.length; n += 4) sum += data[n]!;
        return sum / (size * size);
      },
      [`nodulelab-${plane}`, point, half] as const,
    );
  }

  /** Waits until the canvas differs from `before` by at least `least` grey values at a point. */
  brightnessChanged(plane: PlaneName, point: Point, before: number, least: number): Promise<number> {
    return until(
      () => this.brightness(plane, point),
      (now) => Math.abs(now - before) >= least,
    );
  }

  /** HU of the viewer's own copy of a volume at a patient point. */
  huAt(volumeId: string, point: Point): Promise<number> {
    return this.page.evaluate(
      ([id, at]) => {
        const volume = (window as unknown as ViewerWindow).cornerstone.cache.getVolume(id)!;
        const index = [0, 1, 2].map((axis) =>
          Math.round(
            at.reduce(
              (sum, value, n) => sum + (value - volume.origin[n]!) * volume.direction[3 * axis + n]!,
              0,
            ) / volume.spacing[axis]!,
          ),
        );
        return volume.voxelManager.getAtIJK(index[0]!, index[1]!, index[2]!);
      },
      [volumeId, point] as const,
    );
  }

  /** A fingerprint of every voxel of the viewer's copy of a volume. */
  fingerprint(volumeId: string): Promise<string> {
    return this.page.evaluate(async (id) => {
      const volume = (window as unknown as ViewerWindow).cornerstone.cache.getVolume(id)!;
      const voxels = Int16Array.from(volume.voxelManager.getCompleteScalarDataArray());
      const digest = await crypto.subtle.digest('SHA-256', voxels);
      return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }, volumeId);
  }

  /** The voxel of the axial slice on the screen that is nearest to its middle and has at least so many HU around it. */
  solidPlace(volumeId: string, leastHu: number): Promise<Point> {
    return this.page.evaluate(
      ([id, least]) => {
        const { services, cornerstone } = window as unknown as ViewerWindow;
        const volume = cornerstone.cache.getVolume(id)!;
        const camera = services.cornerstoneViewportService
          .getCornerstoneViewport('nodulelab-axial')!
          .getCamera();
        const [nx, ny] = volume.dimensions;
        const k = Math.round(
          camera.focalPoint.reduce(
            (sum, value, n) => sum + (value - volume.origin[n]!) * volume.direction[6 + n]!,
            0,
          ) / volume.spacing[2]!,
        );
        let best: { away: number; i: number; j: number } | undefined;
        for (let j = 4; j < ny - 4; j += 2)
          for (let i = 4; i < nx - 4; i += 2) {
            const around = [-4, 0, 4].flatMap((dj) =>
              [-4, 0, 4].map((di) => volume.voxelManager.getAtIJK(i + di, j + dj, k)),
            );
            const away = Math.hypot(i - nx / 2, j - ny / 2);
            if (Math.min(...around) >= least && (!best || away < best.away)) best = { away, i, j };
          }
        if (!best) throw new Error('no such tissue on this slice');
        const { i, j } = best;
        return [0, 1, 2].map(
          (n) =>
            volume.origin[n]! +
            i * volume.spacing[0]! * volume.direction[n]! +
            j * volume.spacing[1]! * volume.direction[3 + n]! +
            k * volume.spacing[2]! * volume.direction[6 + n]!,
        ) as Point;
      },
      [volumeId, leastHu] as const,
    );
  }

  /** Series UIDs in the study browser, of one modality. */
  series(modality: string): Promise<string[]> {
    return this.page.evaluate(
      (wanted) =>
        (window as unknown as ViewerWindow).services.displaySetService
          .getActiveDisplaySets()
          .filter((displaySet) => displaySet.Modality === wanted)
          .map((displaySet) => displaySet.SeriesInstanceUID),
      modality,
    );
  }
}
