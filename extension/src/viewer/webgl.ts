/** Whether this browser draws volumes: without WebGL 2 the viewer shows slices only. */
let known: boolean | undefined;

export function drawsVolumes(): boolean {
  return (known ??= probe());
}

function probe(): boolean {
  try {
    const context = document.createElement('canvas').getContext('webgl2');
    // A page may hold only so many contexts.
    context?.getExtension('WEBGL_lose_context')?.loseContext();
    return context !== null;
  } catch {
    return false;
  }
}
