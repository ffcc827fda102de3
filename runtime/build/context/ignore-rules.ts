import { posix } from "node:path";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { compilePathPattern, type PathPattern, PatternError } from "./path-pattern.ts";

interface Rule {
  readonly pattern: string;
  readonly expression: PathPattern;
  /** `!`: what it matches belongs to the context after all. */
  readonly isException: boolean;
}

/** Which paths of a context are left out: a .dockerignore's lines, or the patterns of COPY --exclude. */
export class IgnoreRules {
  static readonly none = new IgnoreRules([], "");

  private constructor(
    private readonly rules: readonly Rule[],
    /** The lines that the rules were read from. */
    readonly text: string,
  ) {}

  /** The lines of a .dockerignore. Throws CntnrError `build` with file and line. */
  static parse(name: string, text: string): IgnoreRules {
    const rules: Rule[] = [];
    for (const [index, line] of text
      .replace(/^\ufeff/, "")
      .split(/\r?\n/)
      .entries()) {
      if (line.startsWith("#")) continue;
      const rule = compile(line, `${name}:${index + 1}`);
      if (rule) rules.push(rule);
    }
    return new IgnoreRules(rules, text);
  }

  /** Patterns as arguments. */
  static of(patterns: readonly string[]): IgnoreRules {
    const rules = patterns.flatMap((pattern) => compile(pattern, "--exclude") ?? []);
    return new IgnoreRules(rules, patterns.join("\n"));
  }

  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  /**
   * True when a path (relative, clean) is left out. The last rule that matches the path, or a directory that it is in,
   * decides.
   */
  excludes(path: string): boolean {
    const ancestors = ancestorsOf(path);
    let isExcluded = false;
    // What a rule could not change need not be matched.
    for (const { expression, isException } of this.rules)
      if (isExcluded === isException && ancestors.some((ancestor) => expression.test(ancestor)))
        isExcluded = !isException;
    return isExcluded;
  }

  /** True when nothing in a directory that is left out can be part of the context, so that it need not be looked into. */
  excludesAllBelow(directory: string): boolean {
    return !this.rules.some(({ pattern, isException }) => isException && mayMatchBelow(pattern, directory));
  }
}

/** The path and all directories that it is in. */
function ancestorsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function compile(line: string, place: string): Rule | undefined {
  const trimmed = line.trim();
  const isException = trimmed.startsWith("!");
  const written = isException ? trimmed.slice(1).trim() : trimmed;
  if (written === "") {
    if (isException) throw new CntnrError("build", `${place}: nothing stands after the !`);
    return undefined;
  }
  const pattern = posix.normalize(written).replace(/^\/+/, "").replace(/\/+$/, "");
  // The whole context cannot be left out: docker takes "." and "/" for nothing.
  if (pattern === "" || pattern === ".") return undefined;
  try {
    return { pattern, expression: compilePathPattern(pattern, "doubleStar"), isException };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new CntnrError("build", `${place}: ${error.message}`, { cause: error });
  }
}

/** Compares component by component as long as both are plain; a wildcard may match anything. */
function mayMatchBelow(pattern: string, directory: string): boolean {
  const parts = pattern.split("/");
  for (const [index, name] of directory.split("/").entries()) {
    const part = parts[index];
    // The exception is for the directory itself or one above it.
    if (part === undefined) return true;
    if (part.includes("**")) return true;
    if (!compilePathPattern(part, "none").test(name)) return false;
  }
  return true;
}
