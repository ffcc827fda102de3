/** Where something stands in a policy file; lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a policy file. */
export interface Problem extends Position {
  readonly message: string;
}

/** More of them help nobody, and a hostile file shall not fill the log. */
const mostShown = 50;

/** A policy that is not taken, with everything that is wrong with it: a line each, `file:line:column: message`. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";

  /** In the order of files, lines and columns. */
  readonly problems: readonly Problem[];

  constructor(found: readonly Problem[]) {
    const problems = found.toSorted(
      (a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column,
    );
    const lines = problems
      .slice(0, mostShown)
      .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
    const more = problems.length - lines.length;
    super([...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n"));
    this.problems = problems;
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
