/** Damages the bytes of an XML file the way disks, editors and enemies do, with pieces of XML among the damage. */

/** One to four kinds of damage, one after another. */
export function mutate(bytes: Uint8Array, random: () => number, splices: readonly string[]): Uint8Array {
  let damaged = bytes;
  const times = 1 + Math.floor(random() * 4);
  for (let time = 0; time < times; time++) damaged = mutateOnce(damaged, random, splices);
  return damaged;
}

function mutateOnce(bytes: Uint8Array, random: () => number, splices: readonly string[]): Uint8Array {
  const at = (): number => Math.floor(random() * bytes.length);
  const [a, b] = [at(), at()].sort((x, y) => x - y) as [number, number];
  const near = Math.min(bytes.length, a + Math.floor(random() * 200));
  const splice = new TextEncoder().encode(splices[Math.floor(random() * splices.length)] ?? '');
  switch (Math.floor(random() * 8)) {
    case 0: {
      const flipped = Uint8Array.from(bytes);
      for (let flip = 0; flip <= random() * 8; flip++) {
        const index = at();
        flipped[index] = (flipped[index] ?? 0) ^ (1 << Math.floor(random() * 8));
      }
      return flipped;
    }
    case 1:
      return bytes.slice(0, b);
    case 2:
      return joined(bytes.subarray(0, a), bytes.subarray(near));
    case 3:
      return joined(bytes.subarray(0, near), bytes.subarray(a));
    case 4:
      return joined(bytes.subarray(0, a), splice, bytes.subarray(a));
    case 5:
      return joined(bytes.subarray(0, a), splice, bytes.subarray(near));
    case 6:
      return joined(bytes.subarray(0, a), bytes.subarray(b), bytes.subarray(a, b));
    default:
      return joined(
        bytes.subarray(0, a),
        new Uint8Array(near - a).fill(Math.floor(random() * 256)),
        bytes.subarray(near),
      );
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Damage that leaves the XML well formed: values become others; elements vanish, come twice, or come inside others. */
export function mutateElements(text: string, random: () => number, values: readonly string[]): string {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  let damaged = text;
  for (let time = 0; time <= random() * 5; time++) {
    const tag = pick([...damaged.matchAll(/<([A-Za-z_]+)[^<>/]*>/g)]);
    if (!tag) return damaged;
    const end = damaged.indexOf(`</${tag[1] ?? ''}>`, tag.index);
    if (end < 0) continue;
    const inside = tag.index + tag[0].length;
    const after = end + (tag[1] ?? '').length + 3;
    const [before, element, rest] = [
      damaged.slice(0, tag.index),
      damaged.slice(tag.index, after),
      damaged.slice(after),
    ];
    const value = pick(values) ?? '';
    switch (Math.floor(random() * 5)) {
      case 0:
        damaged = before + rest;
        break;
      case 1:
        damaged = before + element + element + rest;
        break;
      case 2:
        damaged = `${before}<extra>${element}</extra>${rest}`;
        break;
      default:
        damaged = damaged.slice(0, inside) + value + damaged.slice(end);
    }
  }
  return damaged;
}
