/** Makes a series that the server has just written appear in the study browser, without reloading the page. */
import type { DisplaySet, ExtensionManager, Services } from '../ohif.ts';

const APPEARS_WITHIN_MS = 30_000;
const POLL_MS = 200;

export class SeriesBrowser {
  readonly #services: Services;
  readonly #extensionManager: ExtensionManager;
  readonly #sourceName: string;
  readonly #reading = new Map<string, Promise<DisplaySet | null>>();

  constructor(services: Services, extensionManager: ExtensionManager, sourceName: string) {
    this.#services = services;
    this.#extensionManager = extensionManager;
    this.#sourceName = sourceName;
  }

  /**
   * Reads the study's series anew and waits until the given one has an entry. The event of the new series and the end
   * of its job arrive together: they share one reading.
   */
  discover(studyInstanceUID: string, seriesInstanceUID: string): Promise<DisplaySet | null> {
    const known = this.find(seriesInstanceUID);
    if (known) return Promise.resolve(known);
    // The viewer would list whatever study it reads, another patient's too, beside the one that is open.
    if (!this.#isOpen(studyInstanceUID)) return Promise.resolve(null);
    const begun = this.#reading.get(seriesInstanceUID);
    if (begun) return begun;
    const reading = this.#read(studyInstanceUID, seriesInstanceUID).finally(() =>
      this.#reading.delete(seriesInstanceUID),
    );
    this.#reading.set(seriesInstanceUID, reading);
    return reading;
  }

  async #read(studyInstanceUID: string, seriesInstanceUID: string): Promise<DisplaySet | null> {
    const dataSource = this.#extensionManager.getActiveDataSource()[0];
    if (!dataSource) return null;
    // The viewer caches a study's metadata under its source's name but forgets it by the bare UID (OHIF 3.13.2).
    dataSource.deleteStudyMetadataPromise(`${this.#sourceName}:${studyInstanceUID}`);
    dataSource.deleteStudyMetadataPromise(studyInstanceUID);
    await dataSource.retrieve.series.metadata({ StudyInstanceUID: studyInstanceUID, madeInClient: true });
    const deadline = performance.now() + APPEARS_WITHIN_MS;
    while (performance.now() < deadline) {
      const found = this.find(seriesInstanceUID);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return null;
  }

  /** Takes segmentations and reports from the list that the archive has no more. */
  async unlist(studyInstanceUID: string): Promise<void> {
    const dataSource = this.#extensionManager.getActiveDataSource()[0];
    if (!dataSource) return;
    const { displaySetService } = this.#services;
    const archived = await dataSource.query.series.search(studyInstanceUID);
    const kept = new Set(archived.map(({ seriesInstanceUid }) => seriesInstanceUid));
    for (const displaySet of [...displaySetService.getActiveDisplaySets()]) {
      const { StudyInstanceUID, Modality, SeriesInstanceUID, displaySetInstanceUID } = displaySet;
      if (StudyInstanceUID !== studyInstanceUID || (Modality !== 'SEG' && Modality !== 'SR')) continue;
      if (!kept.has(SeriesInstanceUID)) displaySetService.deleteDisplaySet(displaySetInstanceUID);
    }
  }

  #isOpen(studyInstanceUID: string): boolean {
    return this.#services.displaySetService
      .getActiveDisplaySets()
      .some((displaySet) => displaySet.StudyInstanceUID === studyInstanceUID);
  }

  find(seriesInstanceUID: string): DisplaySet | null {
    return this.#services.displaySetService.getDisplaySetsForSeries(seriesInstanceUID)?.[0] ?? null;
  }

  /** Shows the display set in every viewport that shows a CT now. */
  async open(displaySet: DisplaySet): Promise<void> {
    const { viewportGridService, displaySetService } = this.#services;
    const updates = [...viewportGridService.getState().viewports.values()]
      .filter(({ displaySetInstanceUIDs }) =>
        (displaySetInstanceUIDs ?? []).some(
          (uid) => displaySetService.getDisplaySetByUID(uid)?.Modality === 'CT',
        ),
      )
      .map(({ viewportId }) => ({
        viewportId,
        displaySetInstanceUIDs: [displaySet.displaySetInstanceUID],
      }));
    await viewportGridService.setDisplaySetsForViewports(updates);
  }
}
