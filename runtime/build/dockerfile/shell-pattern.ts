/** A pattern of `${name#pattern}` and its kin: `?` is one character, `*` any number, a backslash makes either literal. */
type Element =
  | { readonly kind: "literal"; readonly character: string }
  | { readonly kind: "one" }
  | { readonly kind: "any" };

export type MatchLength = "shortest" | "longest";

/** Removes a match from the start (`#`, `##`) or the end (`%`, `%%`) of a text. */
export function removeMatch(
  text: string,
  pattern: string,
  from: "start" | "end",
  length: MatchLength,
): string {
  const elements = parsePattern(pattern);
  if (from === "start") {
    const end = pick(matchEnds(elements, [...text], 0), length);
    return end === undefined ? text : [...text].slice(end).join("");
  }
  const reversed = [...text].reverse();
  const end = pick(matchEnds(elements.toReversed(), reversed, 0), length);
  return end === undefined ? text : reversed.slice(end).reverse().join("");
}

/** Replaces the first match, or every one, each as long as it can be. A match of nothing is none. */
export function replaceMatches(
  text: string,
  pattern: string,
  replacement: string,
  which: "first" | "all",
): string {
  const elements = parsePattern(pattern);
  const characters = [...text];
  let result = "";
  for (let index = 0; index < characters.length; ) {
    const end = pick(matchEnds(elements, characters, index), "longest");
    if (end === undefined || end === index) {
      result += characters[index++] ?? "";
      continue;
    }
    result += replacement;
    index = end;
    if (which === "first") return result + characters.slice(index).join("");
  }
  return result;
}

function parsePattern(pattern: string): Element[] {
  const elements: Element[] = [];
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    if (character === "*") elements.push({ kind: "any" });
    else if (character === "?") elements.push({ kind: "one" });
    else if (character === "\\" && index + 1 < characters.length)
      elements.push({ kind: "literal", character: characters[++index] ?? "" });
    else elements.push({ kind: "literal", character });
  }
  return elements;
}

/** Where matches that begin at `start` may end, in order. Time grows with text and pattern, not with a power of them. */
function matchEnds(elements: readonly Element[], text: readonly string[], start: number): number[] {
  let reached = new Set([start]);
  for (const element of elements) {
    if (element.kind === "any") {
      const first = Math.min(...reached);
      reached = new Set(Array.from({ length: text.length - first + 1 }, (_, index) => first + index));
    } else {
      const fits = (end: number) =>
        end < text.length && (element.kind === "one" || text[end] === element.character);
      reached = new Set([...reached].filter(fits).map((end) => end + 1));
    }
    if (reached.size === 0) return [];
  }
  return [...reached].sort((a, b) => a - b);
}

function pick(ends: readonly number[], length: MatchLength): number | undefined {
  return length === "shortest" ? ends[0] : ends.at(-1);
}
