/** How much images of a set differ from each other. */
const { sqrt } = Math;

/** Mean over all pairs of the root mean square difference of their voxels; 0 for fewer than two images. */
export function meanPairwiseDistance(images: readonly Float32Array[]): number {
  let sum = 0;
  let pairs = 0;
  for (const [i, a] of images.entries())
    for (const b of images.slice(i + 1)) {
      sum += distance(a, b);
      pairs++;
    }
  return pairs === 0 ? 0 : sum / pairs;
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  const { length } = a;
  for (let i = 0; i < length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sqrt(sum / length);
}
