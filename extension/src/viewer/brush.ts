/**
 * Painting a nodule with OHIF's own segmentation tools: a labelmap in its segmentation service, on the CT that is shown,
 * and its brushes in the tool group of the planes. What is painted is told as the smallest box around it; the labelmap
 * itself goes when the brush is put away.
 */
import type { VolumeGrid } from '../geometry/box.ts';
import { type Ground, type Labels, type Mask, maskOf, voxelsOf } from '../geometry/painted.ts';
import { type CornerstoneLibrary, cornerstoneOf, type DisplaySet, type ExtensionContext } from '../ohif.ts';
import { type BrushInstance, type LabelmapVolume, type ToolGroup, toolsOf } from '../ohifSegmentation.ts';
import type { ToolsLibrary } from '../ohifSegmentation.ts';
import type { BrushSettings, BrushTool } from '../state/annotation.ts';
import type { Viewports } from './viewports.ts';

export interface BrushEvents {
  readonly onPainted: (mask: Mask | null) => void;
  /** A tool was taken, with the panel, a key or the toolbar; or the brush was made larger or smaller by key. */
  readonly onTool: (change: Partial<BrushSettings>) => void;
}

/** As OHIF's own modes name and configure them. */
const BRUSHES: readonly {
  readonly name: string;
  readonly tool: BrushTool;
  readonly ball: boolean;
  readonly strategy: string;
}[] = [
  { name: 'SphereBrush', tool: 'paint', ball: true, strategy: 'FILL_INSIDE_SPHERE' },
  { name: 'CircularBrush', tool: 'paint', ball: false, strategy: 'FILL_INSIDE_CIRCLE' },
  { name: 'SphereEraser', tool: 'erase', ball: true, strategy: 'ERASE_INSIDE_SPHERE' },
  { name: 'CircularEraser', tool: 'erase', ball: false, strategy: 'ERASE_INSIDE_CIRCLE' },
  { name: 'ThresholdSphereBrush', tool: 'threshold', ball: true, strategy: 'THRESHOLD_INSIDE_SPHERE' },
  { name: 'ThresholdCircularBrush', tool: 'threshold', ball: false, strategy: 'THRESHOLD_INSIDE_CIRCLE' },
];
const RADIUS_MM = { minRadius: 0.5, maxRadius: 99.5 };
/** Denser than any tissue. */
const MOST_HU = 4000;
const PRIMARY = { bindings: [{ mouseButton: 1 }] };
/** As what is drawn and not saved looks everywhere. */
const COLOUR = [251, 191, 36, 255] as const;
/** A stroke is told of while it is drawn, many times a second. */
const SETTLED_MS = 120;
const SIZE_KEYS = ['[', ']'];

interface Held {
  readonly id: string;
  readonly volume: LabelmapVolume;
  readonly toolGroup: ToolGroup;
  /** What had the mouse before. */
  readonly former: string | undefined;
  readonly release: () => void;
}

export class Brush {
  readonly #context: ExtensionContext;
  readonly #cornerstone: CornerstoneLibrary;
  readonly #tools: ToolsLibrary;
  readonly #viewports: Viewports;
  readonly #find: (seriesInstanceUID: string) => DisplaySet | null;
  readonly #events: BrushEvents;
  #held: Held | null = null;
  #turn = 0;

  constructor(
    context: ExtensionContext,
    viewports: Viewports,
    find: (seriesInstanceUID: string) => DisplaySet | null,
    events: BrushEvents,
  ) {
    this.#context = context;
    this.#cornerstone = cornerstoneOf(context.extensionManager);
    this.#tools = toolsOf(context.extensionManager);
    this.#viewports = viewports;
    this.#find = find;
    this.#events = events;
  }

  /** Waits for the whole CT. @returns false when it is not shown, or something else was asked for meanwhile */
  async start(seriesInstanceUID: string, ground: Ground | null): Promise<boolean> {
    this.stop();
    const mine = this.#turn;
    const wanted = (): boolean => mine === this.#turn;
    const displaySet = this.#find(seriesInstanceUID);
    if (!displaySet || !(await this.#viewports.loaded(displaySet.displaySetInstanceUID, wanted)))
      return false;
    const { segmentationService, toolGroupService } = this.#context.servicesManager.services;
    const viewports = this.#viewports.showing(displaySet.displaySetInstanceUID);
    const toolGroup = viewports[0] && toolGroupService.getToolGroupForViewport(viewports[0].id);
    if (!toolGroup || !wanted()) return false;
    const id = `nodulelab-annotation-${mine}`;
    await segmentationService.createLabelmapForDisplaySet(displaySet, {
      segmentationId: id,
      label: 'Annotation, not saved',
      segments: { 1: { label: 'Nodule, not saved', active: true } },
    });
    for (const viewport of viewports) {
      await segmentationService.addSegmentationRepresentation(viewport.id, {
        segmentationId: id,
        type: 'Labelmap',
      });
      segmentationService.setActiveSegmentation(viewport.id, id);
      segmentationService.setSegmentColor(viewport.id, id, 1, COLOUR);
    }
    const volume = segmentationService.getLabelmapVolume(id);
    if (!wanted() || !volume) {
      this.#forget(id, volume);
      return false;
    }
    this.#addBrushes(toolGroup);
    this.#held = {
      id,
      volume,
      toolGroup,
      former: toolGroup.getActivePrimaryMouseButtonTool(),
      release: this.#listen(id, toolGroup, seriesInstanceUID),
    };
    if (ground) this.#fill(this.#held, ground);
    return true;
  }

  use({ tool, radiusMm, ball, fromHu }: BrushSettings): void {
    const held = this.#held;
    if (!held || tool === null) return;
    const { toolGroup } = held;
    const wanted = BRUSHES.find((brush) => brush.tool === tool && brush.ball === ball)!.name;
    this.#tools.utilities.segmentation.setBrushSizeForToolGroup(toolGroup.id, radiusMm);
    for (const brush of BRUSHES)
      if (brush.tool === 'threshold')
        toolGroup.setToolConfiguration(brush.name, {
          threshold: { range: [fromHu, MOST_HU], isDynamic: false },
        });
    const active = toolGroup.getActivePrimaryMouseButtonTool();
    if (active === wanted) return;
    if (active) toolGroup.setToolPassive(active);
    toolGroup.setToolActive(wanted, PRIMARY);
  }

  stop(): void {
    this.#turn++;
    const held = this.#held;
    if (!held) return;
    this.#held = null;
    held.release();
    const active = this.#isThere(held.toolGroup)
      ? held.toolGroup.getActivePrimaryMouseButtonTool()
      : undefined;
    if (active && isBrush(active)) {
      held.toolGroup.setToolPassive(active);
      held.toolGroup.setToolActive(
        held.former && !isBrush(held.former) ? held.former : 'WindowLevel',
        PRIMARY,
      );
    }
    this.#forget(held.id, held.volume);
  }

  #addBrushes(toolGroup: ToolGroup): void {
    const passive = BRUSHES.filter(({ name }) => !toolGroup.hasTool(name)).map(
      ({ name, strategy }): BrushInstance => ({
        toolName: name,
        parentTool: 'Brush',
        configuration: { activeStrategy: strategy, ...RADIUS_MM },
      }),
    );
    if (passive.length > 0)
      this.#context.servicesManager.services.toolGroupService.addToolsToToolGroup(toolGroup.id, { passive });
  }

  /** @returns what stops listening */
  #listen(id: string, toolGroup: ToolGroup, seriesInstanceUID: string): () => void {
    const { eventTarget } = this.#cornerstone;
    const { SEGMENTATION_DATA_MODIFIED, SEGMENTATION_REMOVED, TOOL_ACTIVATED } = this.#tools.Enums.Events;
    let settle: ReturnType<typeof setTimeout> | undefined;
    const of = (event: Event): boolean =>
      (event as CustomEvent<{ segmentationId: string }>).detail.segmentationId === id;
    const modified = (event: Event): void => {
      if (!of(event)) return;
      clearTimeout(settle);
      settle = setTimeout(() => this.#tell(), SETTLED_MS);
    };
    // In OHIF's own list of segmentations, say: painting begins anew.
    const removed = (event: Event): void => {
      if (!of(event)) return;
      // Where the mode is left, all segmentations go: what was painted is kept for when it is entered again.
      if (!this.#isThere(toolGroup)) {
        this.stop();
        return;
      }
      this.#events.onPainted(null);
      this.#events.onTool({ tool: null });
      void this.start(seriesInstanceUID, null);
    };
    const activated = (event: Event): void => {
      const { toolGroupId, toolName, toolBindingsOptions } = (
        event as CustomEvent<{
          toolGroupId: string;
          toolName: string;
          toolBindingsOptions?: { bindings?: readonly { mouseButton?: number; modifierKey?: number }[] };
        }>
      ).detail;
      const primary = toolBindingsOptions?.bindings?.some(
        ({ mouseButton, modifierKey }) => mouseButton === 1 && modifierKey === undefined,
      );
      if (toolGroupId !== toolGroup.id || !primary) return;
      const brush = BRUSHES.find(({ name }) => name === toolName);
      this.#events.onTool(brush ? { tool: brush.tool, ball: brush.ball } : { tool: null });
    };
    // OHIF's own keys for the size of its brushes tell nobody of it.
    const sized = ({ key }: KeyboardEvent): void => {
      if (SIZE_KEYS.includes(key))
        this.#events.onTool({
          radiusMm: this.#tools.utilities.segmentation.getBrushSizeForToolGroup(toolGroup.id),
        });
    };
    eventTarget.addEventListener(SEGMENTATION_DATA_MODIFIED, modified);
    eventTarget.addEventListener(SEGMENTATION_REMOVED, removed);
    eventTarget.addEventListener(TOOL_ACTIVATED, activated);
    document.addEventListener('keyup', sized);
    return () => {
      clearTimeout(settle);
      eventTarget.removeEventListener(SEGMENTATION_DATA_MODIFIED, modified);
      eventTarget.removeEventListener(SEGMENTATION_REMOVED, removed);
      eventTarget.removeEventListener(TOOL_ACTIVATED, activated);
      document.removeEventListener('keyup', sized);
    };
  }

  #tell(): void {
    const volume = this.#held?.volume;
    if (volume) this.#events.onPainted(maskOf(gridOf(volume), (k) => this.#slice(volume, k)));
  }

  /** When a mode is left, its tool groups go first. */
  #isThere({ id }: ToolGroup): boolean {
    return this.#tools.ToolGroupManager.getToolGroup(id) !== undefined;
  }

  /** The labels of a slice as they lie in memory. */
  #slice({ imageIds }: LabelmapVolume, k: number): Labels | undefined {
    const image = this.#cornerstone.cache.getImage(imageIds[k]!);
    return image?.voxelManager?.getScalarData() as Labels | undefined;
  }

  #fill({ id, volume }: Held, ground: Ground): void {
    const voxels = voxelsOf(gridOf(volume), ground);
    for (const [i, j, k] of voxels) volume.voxelManager?.setAtIJK(i, j, k, 1);
    const slices = [...new Set(voxels.map(([, , k]) => k))];
    this.#tools.segmentation.triggerSegmentationEvents.triggerSegmentationDataModified(id, slices);
    this.#tell();
  }

  /** The viewer keeps voxels of a removed segmentation in its cache. */
  #forget(id: string, volume: LabelmapVolume | null): void {
    const { segmentationService } = this.#context.servicesManager.services;
    const { cache } = this.#cornerstone;
    if (segmentationService.getSegmentation(id) !== undefined) segmentationService.remove(id);
    if (!volume) return;
    const { imageIds, volumeId } = volume;
    if (cache.getVolume(volumeId)) cache.removeVolumeLoadObject(volumeId);
    for (const imageId of imageIds)
      if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true });
  }
}

const isBrush = (toolName: string): boolean => BRUSHES.some(({ name }) => name === toolName);

const gridOf = ({ dimensions, spacing, origin, direction }: LabelmapVolume): VolumeGrid => ({
  dimensions: dimensions as [number, number, number],
  spacing: spacing as [number, number, number],
  origin: origin as [number, number, number],
  direction,
});
