/** Opens what `nodulelab dataset build` cuts patches from. */
import type { NoduleSource, SourceNodule } from './source.ts';
import { openVoiFolder } from './voiFolder.ts';

export type SourceOptions =
  /** A folder of nodule cut-outs (`image/`, `mask/`, `nodules.csv`); `xmlDir`: LIDC XML with the readers' ratings. */
  | { readonly kind: 'vois'; readonly dir: string; readonly xmlDir?: string }
  /** Nodules of whole CT series, as import knows them. */
  | { readonly kind: 'series'; readonly nodules: readonly SourceNodule[] };

export async function openSource(options: SourceOptions): Promise<NoduleSource> {
  switch (options.kind) {
    case 'vois':
      return { wholeCts: false, nodules: await openVoiFolder(options.dir, options.xmlDir), problems: [] };
    case 'series':
      return { wholeCts: true, nodules: options.nodules, problems: [] };
  }
}
