import type { Random } from "../fixtures/random.ts";

/** What numbers are at their ends. */
const ends = [0, 1, 0x7f, 0x80, 0xff] as const;

/** Changes bytes without knowing what they mean: flips, ends of numbers, cuts, copies of a part, pieces of a dictionary. */
export function mutateBytes(input: Buffer, random: Random, dictionary: readonly Buffer[]): Buffer {
  const at = random.below(input.length + 1);
  const length = random.of([1, 2, 4, random.below(40) + 1]);
  const [before, part, after] = [
    input.subarray(0, at),
    input.subarray(at, at + length),
    input.subarray(at + length),
  ];
  switch (random.below(8)) {
    case 0: {
      const flipped = Buffer.from(input);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
    case 1: {
      const changed = Buffer.from(input);
      if (at < changed.length) changed[at] = random.of(ends);
      return changed;
    }
    case 2:
      return Buffer.concat([before, after]);
    case 3:
      return before;
    case 4:
      return Buffer.concat([before, part, part, after]);
    case 5:
      return Buffer.concat([before, random.bytes(length), part, after]);
    case 6:
      return Buffer.concat([before, random.bytes(part.length), after]);
    default:
      return Buffer.concat([before, random.pick(dictionary) ?? Buffer.of(0), part, after]);
  }
}

/** The beginning of one and the end of another. */
export function splice(one: Buffer, other: Buffer, random: Random): Buffer {
  return Buffer.concat([
    one.subarray(0, random.below(one.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);
}
