/**
 * Branching trees that fill the lungs: terminals are scattered through a lung and joined, nearest to the hilum first,
 * to the closest node that lies on their way (a greedy form of constrained constructive optimisation, Schreiner 1993);
 * radii follow Murray's law (1926) from the terminals to the root.
 */
import type { Random } from '../nn/random.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import type { LungSpace, Side } from './lungSpace.ts';
import type { Tube } from './tubes.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { cbrt, hypot, max, min, round } = Math;

export interface TreePlan {
  readonly root: Vec3;
  readonly side: Side;
  readonly terminals: number;
  readonly terminalMm: number;
  /** Distance between nodes, mm. */
  readonly stepMm: number;
}

interface Node {
  readonly at: Vec3;
  readonly parent: number;
  readonly fromRoot: number;
  radius3: number;
}

/** Pleura stays free of visible vessels by about this much (mm). */
const FREE_MM = 3;

export function growTree(lung: LungSpace, plan: TreePlan, random: Random): Tube[] {
  const targets: Vec3[] = [];
  for (let n = 0; n < plan.terminals; n++) {
    const target = lung.pick(random, plan.side, FREE_MM, 100);
    if (target !== null) targets.push(target);
  }
  targets.sort((a, b) => distance(a, plan.root) - distance(b, plan.root));
  const nodes: Node[] = [{ at: plan.root, parent: -1, fromRoot: 0, radius3: 0 }];
  const leaves: number[] = [];
  for (const target of targets) {
    let at = nearestOnTheWay(nodes, target, plan.root);
    const start = nodes[at]!.at;
    const length = distance(start, target);
    const steps = max(1, round(length / plan.stepMm));
    const bow: Vec3 = [bend(random, length), bend(random, length), bend(random, length)];
    for (let step = 1; step <= steps; step++) {
      const t = step / steps;
      const arch = 4 * t * (1 - t);
      const point: Vec3 = [
        start[0] + (target[0] - start[0]) * t + bow[0] * arch,
        start[1] + (target[1] - start[1]) * t + bow[1] * arch,
        start[2] + (target[2] - start[2]) * t + bow[2] * arch,
      ];
      nodes.push({ at: point, parent: at, fromRoot: nodes[at]!.fromRoot + length / steps, radius3: 0 });
      at = nodes.length - 1;
    }
    leaves.push(at);
  }
  for (const leaf of leaves)
    for (let at = leaf; at >= 0; at = nodes[at]!.parent) nodes[at]!.radius3 += plan.terminalMm ** 3;
  return nodes.slice(1).map((node) => {
    const parent = nodes[node.parent]!;
    // A side branch starts at its own radius; only the main line tapers from its parent's.
    const toMm = cbrt(node.radius3);
    return { from: parent.at, to: node.at, fromMm: min(cbrt(parent.radius3), toMm * 1.12), toMm };
  });
}

/** The node from which the branch would be short and would not turn back towards the hilum. */
function nearestOnTheWay(nodes: readonly Node[], target: Vec3, root: Vec3): number {
  const whole = distance(target, root);
  let best = 0;
  let lowest = Infinity;
  for (let n = 0; n < nodes.length; n++) {
    const { at, fromRoot } = nodes[n]!;
    const length = distance(at, target);
    if (length >= lowest) continue;
    const back = max(0, distance(at, root) - whole + 0.55 * length);
    const cost = length + 2.5 * back + 0.16 * fromRoot;
    if (cost < lowest) {
      lowest = cost;
      best = n;
    }
  }
  return best;
}

function bend(random: Random, length: number): number {
  return 0.06 * length * random.gaussian();
}

function distance(a: Vec3, b: Vec3): number {
  return hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
