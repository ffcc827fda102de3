import { IgnoreRules } from "../context/ignore-rules.ts";
import { textOf } from "./root-path.ts";
import type { SourceFilter } from "./walk-source.ts";

/** What a .dockerignore (by the path in the context) and `--exclude` (by the path below what is copied) leave out. */
export function sourceFilter(ignore: IgnoreRules, exclude: readonly string[]): SourceFilter {
  const excluded = IgnoreRules.of(exclude);
  const isIgnored = (path: string) => !ignore.isEmpty && path !== "" && ignore.excludes(textOf(path));
  const isExcluded = (relative: string) =>
    !excluded.isEmpty && relative !== "" && excluded.excludes(textOf(relative));
  return {
    excludes: ({ path, relative, status }) => {
      // A directory that was asked for by name is copied, and its contents are looked at; a file goes by its name.
      if (relative !== "") return isIgnored(path) || isExcluded(relative);
      return !status.isDirectory() && isExcluded(path.slice(path.lastIndexOf("/") + 1));
    },
    excludesAllBelow: ({ path, relative }) => {
      if (isIgnored(path) && ignore.excludesAllBelow(textOf(path))) return true;
      return isExcluded(relative) && excluded.excludesAllBelow(textOf(relative));
    },
  };
}
