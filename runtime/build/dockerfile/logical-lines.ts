import type { EscapeToken } from "./directives.ts";
import { type Heredoc, heredocMarks, withoutTabs } from "./heredoc.ts";
import { errorAt, type Position, type Source, type SourceRange } from "./source.ts";

/** One instruction's text: its lines joined, without comments and continuation, and its here-documents. */
export interface LogicalLine {
  readonly text: string;
  readonly heredocs: readonly Heredoc[];
  /** From the first character of the instruction to the end of its last line, here-documents included. */
  readonly range: SourceRange;
  /** Where in the file the character at this offset of `text` stands. */
  readonly positionAt: (offset: number) => Position;
}

/** A part of the text that stands on one line. */
interface Segment {
  readonly offset: number;
  readonly position: Position;
}

const takesHeredocs = /^(?:ONBUILD\s+)?(?:ADD|COPY|RUN)\s/i;

/** Puts the file's lines together to instructions. */
export function readLogicalLines(source: Source, escapeToken: EscapeToken): LogicalLine[] {
  const found: LogicalLine[] = [];
  const reader = new LineReader(source, escapeToken);
  for (let line = reader.next(); line; line = reader.next()) found.push(line);
  return found;
}

class LineReader {
  readonly #source: Source;
  readonly #escape: EscapeToken;
  /** Ends a line that goes on in the next. Twice the escape character is that character, not the line's end. */
  readonly #continuation: RegExp;
  #index = 0;

  constructor(source: Source, escapeToken: EscapeToken) {
    this.#source = source;
    this.#escape = escapeToken;
    this.#continuation = escapeToken === "\\" ? /(?<!\\)\\[ \t]*$/ : /(?<!`)`[ \t]*$/;
  }

  next(): LogicalLine | undefined {
    const { lines } = this.#source;
    while (this.#index < lines.length && isCommentOrEmpty(lines[this.#index] ?? "")) this.#index++;
    if (this.#index >= lines.length) return undefined;
    const segments: Segment[] = [];
    const joined = this.#join(segments);
    const text = joined.trimEnd();
    const start = segments[0]?.position ?? { line: this.#index, column: 1 };
    const heredocs = takesHeredocs.test(text) ? this.#readHeredocs(text, start) : [];
    const end = { line: this.#index, column: (lines[this.#index - 1] ?? "").length + 1 };
    return { text, heredocs, range: { start, end }, positionAt: (offset) => positionIn(segments, offset) };
  }

  /** Leaves the index behind the last line of the instruction, and without a line that follows at the file's end. */
  #join(segments: Segment[]): string {
    const { lines } = this.#source;
    let text = "";
    for (let isFirst = true; this.#index < lines.length; isFirst = false) {
      const line = lines[this.#index++] ?? "";
      // Comments and empty lines within an instruction are no part of it, and do not end it.
      if (!isFirst && isCommentOrEmpty(line)) continue;
      const indent = isFirst ? line.length - line.trimStart().length : 0;
      segments.push({ offset: text.length, position: { line: this.#index, column: indent + 1 } });
      const isContinued = this.#continuation.test(line);
      text += (isContinued ? line.replace(this.#continuation, "") : line).slice(indent);
      if (!isContinued) break;
    }
    return text;
  }

  #readHeredocs(text: string, start: Position): Heredoc[] {
    const { lines } = this.#source;
    return heredocMarks(text, this.#escape).map((mark) => {
      let content = "";
      const isEnd = (line: string) => (mark.stripsTabs ? withoutTabs(line) : line) === mark.name;
      for (; this.#index < lines.length; this.#index++) {
        const line = lines[this.#index] ?? "";
        if (!isEnd(line)) {
          content += `${line}\n`;
          continue;
        }
        this.#index++;
        return { ...mark, content };
      }
      const end = { line: start.line, column: start.column + text.length };
      throw errorAt(
        this.#source,
        { start, end },
        `the here-document ${mark.word} is not ended: no line is ${mark.name}`,
      );
    });
  }
}

function isCommentOrEmpty(line: string): boolean {
  return /^\s*(?:#|$)/.test(line);
}

function positionIn(segments: readonly Segment[], offset: number): Position {
  const segment = segments.findLast((candidate) => candidate.offset <= offset);
  if (!segment) return { line: 1, column: 1 };
  const { line, column } = segment.position;
  return { line, column: column + offset - segment.offset };
}
