/** The narrow part of OHIF's segmentation and tool services that the brush uses; see ohif.ts. */
import type * as Cornerstone from '@cornerstonejs/core';
import type * as Tools from '@cornerstonejs/tools';
import type { DisplaySet, ExtensionManager } from './ohif.ts';

export type ToolsLibrary = typeof Tools;
export type LabelmapVolume = Cornerstone.Types.IImageVolume;

export interface SegmentationService {
  /** Named by the given id; one segment, which is the active one. */
  createLabelmapForDisplaySet(
    displaySet: DisplaySet,
    options: {
      readonly segmentationId: string;
      readonly label: string;
      readonly segments: Readonly<Record<number, { readonly label: string; readonly active: boolean }>>;
    },
  ): Promise<string>;
  addSegmentationRepresentation(
    viewportId: string,
    representation: { readonly segmentationId: string; readonly type: 'Labelmap' },
  ): Promise<void>;
  /** Null before it was laid over a volume. */
  getLabelmapVolume(segmentationId: string): LabelmapVolume | null;
  getSegmentation(segmentationId: string): unknown;
  setActiveSegmentation(viewportId: string, segmentationId: string): void;
  setSegmentColor(
    viewportId: string,
    segmentationId: string,
    segmentIndex: number,
    colour: readonly [number, number, number, number],
  ): void;
  remove(segmentationId: string): void;
}

export interface ToolGroup {
  readonly id: string;
  hasTool(toolName: string): boolean;
  getActivePrimaryMouseButtonTool(): string | undefined;
  setToolPassive(toolName: string): void;
  setToolActive(
    toolName: string,
    options: { readonly bindings: readonly { readonly mouseButton: number }[] },
  ): void;
  setToolConfiguration(toolName: string, configuration: Readonly<Record<string, unknown>>): void;
}

export interface BrushInstance {
  readonly toolName: string;
  readonly parentTool: 'Brush';
  readonly configuration: Readonly<Record<string, unknown>>;
}

export interface ToolGroupService {
  getToolGroupForViewport(viewportId: string): ToolGroup | undefined;
  addToolsToToolGroup(toolGroupId: string, tools: { readonly passive: readonly BrushInstance[] }): void;
}

/** The one library of tools of the viewer, which holds its segmentations. */
export function toolsOf(extensionManager: ExtensionManager): ToolsLibrary {
  const { exports } = extensionManager.getModuleEntry('@ohif/extension-cornerstone.utilityModule.common');
  const libraries = exports['getCornerstoneLibraries'] as () => { cornerstoneTools: ToolsLibrary };
  return libraries().cornerstoneTools;
}
