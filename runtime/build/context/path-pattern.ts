/** A pattern of paths that cannot be understood. */
export class PatternError extends Error {
  override readonly name = "PatternError";

  constructor(pattern: string) {
    super(`"${pattern}" is not a pattern: a [ is not closed, a range is empty, or it ends with a backslash`);
  }
}

/** A compiled pattern. */
export interface PathPattern {
  /** Whether the whole path matches. */
  readonly test: (path: string) => boolean;
}

type Element =
  /** Exactly one character. */
  | { readonly kind: "one"; readonly fits: (character: string) => boolean }
  /** Any number of characters: within a name, or also slashes. */
  | { readonly kind: "many"; readonly slashes: boolean }
  /** Nothing, or any number of whole directories with the slash behind them. */
  | { readonly kind: "directories" };

/**
 * Compiles a pattern of Go's filepath.Match: `*` and `?` do not match a slash, `[a-z]` and `[^a-z]` one character, a backslash
 * makes the next character literal. With `doubleStar`, `**` matches any number of directories, as in .dockerignore and
 * COPY --parents. Throws PatternError.
 *
 * No regular expression: `*a*a*a*...` takes these for ever, and a context may be somebody else's.
 */
export function compilePathPattern(pattern: string, doubleStar: "doubleStar" | "none"): PathPattern {
  const elements = parsePattern(pattern, doubleStar);
  return { test: (path) => matches(elements, [...path]) };
}

/** True when a text means something else as a pattern than as a path. */
export function isPattern(text: string): boolean {
  return /[*?[\\]/.test(text);
}

function parsePattern(pattern: string, doubleStar: "doubleStar" | "none"): Element[] {
  const elements: Element[] = [];
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    switch (character) {
      case "*":
        if (doubleStar === "doubleStar" && characters[index + 1] === "*") {
          while (characters[index + 1] === "*") index++;
          const isWithSlash = characters[index + 1] === "/";
          if (isWithSlash) index++;
          const isLast = index + 1 >= characters.length;
          elements.push(isWithSlash && !isLast ? { kind: "directories" } : { kind: "many", slashes: true });
        } else elements.push({ kind: "many", slashes: false });
        break;
      case "?":
        elements.push({ kind: "one", fits: (other) => other !== "/" });
        break;
      case "[": {
        const { fits, end } = parseClass(characters, index, pattern);
        elements.push({ kind: "one", fits });
        index = end;
        break;
      }
      case "\\": {
        const literal = characters[++index];
        if (literal === undefined) throw new PatternError(pattern);
        elements.push({ kind: "one", fits: (other) => other === literal });
        break;
      }
      default:
        elements.push({ kind: "one", fits: (other) => other === character });
    }
  }
  return elements;
}

function parseClass(
  characters: readonly string[],
  start: number,
  pattern: string,
): { fits: (character: string) => boolean; end: number } {
  let index = start + 1;
  const isNegated = characters[index] === "^";
  if (isNegated) index++;
  const take = (): string => {
    const character = characters[index++];
    if (character === undefined || character === "-" || character === "]") throw new PatternError(pattern);
    if (character !== "\\") return character;
    const literal = characters[index++];
    if (literal === undefined) throw new PatternError(pattern);
    return literal;
  };
  const ranges: { readonly low: number; readonly high: number }[] = [];
  while (characters[index] !== "]" || ranges.length === 0) {
    const low = take();
    let high = low;
    if (characters[index] === "-") {
      index++;
      high = take();
    }
    // Go takes a range whose end is before its start, which then matches nothing.
    ranges.push({ low: low.codePointAt(0) ?? 0, high: high.codePointAt(0) ?? 0 });
  }
  const fits = (character: string) => {
    const code = character.codePointAt(0) ?? 0;
    return character !== "/" && ranges.some(({ low, high }) => code >= low && code <= high) !== isNegated;
  };
  return { fits, end: index };
}

/** Follows all ways through the pattern at once: time grows with pattern and path, not with a power of them. */
function matches(elements: readonly Element[], path: readonly string[]): boolean {
  let reached = new Set<number>();
  enter(0, elements, reached);
  for (const character of path) {
    const next = new Set<number>();
    for (const position of reached) {
      const element = elements[position];
      if (element?.kind === "one" && element.fits(character)) enter(position + 1, elements, next);
      else if (element?.kind === "many" && (element.slashes || character !== "/")) {
        next.add(position);
        enter(position + 1, elements, next);
      } else if (element?.kind === "directories") {
        next.add(position);
        if (character === "/") enter(position + 1, elements, next);
      }
    }
    reached = next;
    if (reached.size === 0) return false;
  }
  return reached.has(elements.length);
}

/** A position, and those behind it as long as what stands there may match nothing. */
function enter(position: number, elements: readonly Element[], reached: Set<number>): void {
  for (let index = position; ; index++) {
    reached.add(index);
    const kind = elements[index]?.kind;
    if (kind !== "many" && kind !== "directories") return;
  }
}
