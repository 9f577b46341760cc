/** CTs of LIDC folders with the nodules that readers marked in them. */
import { boxSize, centroid } from '../../lidc/boxMask.ts';
import { largestInPlaneDiameter } from '../../lidc/diameter.ts';
import type { NodulePlace } from '../../networks/detector.ts';
import { inLpsOrder } from '../../volume/axisOrder.ts';
import type { CtVolume } from '../../volume/ctVolume.ts';
import { lidcFolderNodules } from '../importing/noduleSource.ts';

export interface NodulesOfCt {
  readonly patientId: string;
  /** Axes along L, P and S. */
  readonly ct: CtVolume;
  /** Centres LPS mm; the diameter is the largest in the plane. */
  readonly nodules: readonly NodulePlace[];
}

/** @throws NoduleLabError `invalid-input` where no folder holds a CT with nodules */
export async function readNodulesOfCts(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<NodulesOfCt[]> {
  const { nodules } = await lidcFolderNodules(paths, signal, () => undefined);
  const found: NodulesOfCt[] = [];
  for (const [, ofOne] of Map.groupBy(nodules, ({ seriesUID }) => seriesUID)) {
    const places: NodulePlace[] = [];
    let ct: CtVolume | undefined;
    for (const nodule of ofOne) {
      const { ct: read, mask } = await nodule.load();
      ct ??= inLpsOrder(read).volume;
      const shape = { size: boxSize(mask.box), spacing: read.spacing };
      places.push({
        centre: centroid(read, mask),
        diameterMm: largestInPlaneDiameter(shape, mask.bits),
      });
    }
    found.push({ patientId: ofOne[0]!.patientId, ct: ct!, nodules: places });
  }
  return found;
}
