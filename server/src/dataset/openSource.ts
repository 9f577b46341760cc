/** Opens what `nodulelab dataset build` cuts patches from. */
import type { NoduleSource } from './source.ts';
import { openVoiFolder } from './voiFolder.ts';

export type SourceOptions =
  /** A folder of nodule cut-outs (`image/`, `mask/`, `nodules.csv`); `xmlDir`: LIDC XML with the readers' ratings. */
  | { readonly kind: 'vois'; readonly dir: string; readonly xmlDir?: string }
  /** Nodules that are known already: of LIDC folders, of an archive, of volumes with a list of places. */
  | { readonly kind: 'nodules'; readonly source: NoduleSource };

export async function openSource(options: SourceOptions): Promise<NoduleSource> {
  switch (options.kind) {
    case 'vois':
      return openVoiFolder(options.dir, options.xmlDir);
    case 'nodules':
      return options.source;
  }
}
