/** A pattern of paths that cannot be understood. */
export class PatternError extends Error {
  override readonly name = "PatternError";

  constructor(pattern: string) {
    super(`"${pattern}" is not a pattern: a [ is not closed, a range is empty, or it ends with a backslash`);
  }
}

const special = /[.*+?^${}()|[\]\\/]/g;

/**
 * A pattern of Go's filepath.Match as a regular expression for whole paths: `*` and `?` do not match a slash, `[a-z]` and
 * `[^a-z]` one character, a backslash makes the next character literal. With `doubleStar`, `**` matches any number of
 * directories, as in .dockerignore and COPY --parents. Throws PatternError.
 */
export function compilePathPattern(pattern: string, doubleStar: "doubleStar" | "none"): RegExp {
  let expression = "";
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    switch (character) {
      case "*":
        if (doubleStar === "doubleStar" && characters[index + 1] === "*") {
          while (characters[index + 1] === "*") index++;
          const isWithSlash = characters[index + 1] === "/";
          if (isWithSlash) index++;
          expression += isWithSlash && index + 1 < characters.length ? "(?:.*/)?" : ".*";
        } else expression += "[^/]*";
        break;
      case "?":
        expression += "[^/]";
        break;
      case "[": {
        const { source, end } = compileClass(characters, index, pattern);
        expression += source;
        index = end;
        break;
      }
      case "\\":
        index++;
        if (index >= characters.length) throw new PatternError(pattern);
        expression += escaped(characters[index] ?? "");
        break;
      default:
        expression += escaped(character);
    }
  }
  return new RegExp(`^${expression}$`, "su");
}

/** True when a text means something else as a pattern than as a path. */
export function isPattern(text: string): boolean {
  return /[*?[\\]/.test(text);
}

function compileClass(
  characters: readonly string[],
  start: number,
  pattern: string,
): { source: string; end: number } {
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
  let ranges = "";
  while (characters[index] !== "]" || ranges === "") {
    const low = take();
    if (characters[index] !== "-") {
      ranges += classEscaped(low);
      continue;
    }
    index++;
    const high = take();
    // Go takes a range whose end is before its start, which then matches nothing.
    if (low <= high) ranges += `${classEscaped(low)}-${classEscaped(high)}`;
    else ranges += "\\u{10ffff}";
  }
  return { source: isNegated ? `(?!/)[^${ranges}]` : `(?!/)[${ranges}]`, end: index };
}

function escaped(character: string): string {
  return character.replace(special, "\\$&");
}

function classEscaped(character: string): string {
  return /[\\\]^-]/.test(character) ? `\\${character}` : character;
}
