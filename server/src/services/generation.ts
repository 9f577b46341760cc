/** Candidates: samples of a generator, stored by content so that they can be placed and replayed later. */
import type { Candidate, CandidateList, GenerateRequest } from '@nodulelab/contract';
import { PARENCHYMA_HU, unwindowHu } from '../volume/window.ts';
import { candidateChecks } from '../insertion/candidateChecks.ts';
import type { ServiceContext } from './context.ts';
import { thumbnailsOf } from './thumbnails.ts';

/** The same model, seed, conditions and count give the same candidates. */
export async function generateCandidates(
  { models, store }: Pick<ServiceContext, 'models' | 'store'>,
  request: GenerateRequest,
): Promise<CandidateList> {
  const { model, sampler } = await models.load(request.model);
  const candidates: Candidate[] = [];
  for (let index = 0; index < request.count; index += 1) {
    const { hu: voxels, conditions } = await sampler.draw(request.seed, index, request.conditions);
    const support = sampler.support(request.conditions ?? {}) ?? null;
    const stored = await store.candidates.put(
      {
        model: model.name,
        modelSha256: model.sha256,
        seed: request.seed,
        index,
        meanHu: meanHuOfNodule(voxels),
        conditions: conditions ?? null,
        support,
        thumbnails: thumbnailsOf(voxels, sampler.size),
      },
      voxels,
    );
    candidates.push({ ...stored, checks: candidateChecks(voxels, support) });
  }
  return { candidates };
}

/** Mean HU of the voxels brighter than half way between parenchyma and the brightest voxels (99th percentile). */
export function meanHuOfNodule(voxels: Float32Array): number {
  const sorted = voxels.toSorted();
  const bright = unwindowHu(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
  const threshold = (bright + PARENCHYMA_HU) / 2;
  let sum = 0;
  let count = 0;
  for (const value of voxels) {
    const hu = unwindowHu(value);
    if (hu >= threshold) {
      sum += hu;
      count += 1;
    }
  }
  return count > 0 ? sum / count : PARENCHYMA_HU;
}
