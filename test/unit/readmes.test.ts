import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Glob } from "bun";

const root = join(import.meta.dirname, "../..");
const readmes = [...new Glob("{cmd,netd,policy,proto,runtime,test}/**/README.md").scanSync(root)].toSorted();

/** Sources that a README names, as whole words in backquotes: beside it, a room further up, or from the root. */
function sourcesNamedIn(readme: string): string[] {
  const text = readFileSync(join(root, readme), "utf8");
  return [...text.matchAll(/`([\w./-]+\.ts)`/g)].flatMap(([, name]) => name ?? []);
}

test.each(readmes)("%s names only sources that there are", (readme) => {
  const folder = dirname(readme);
  const missing = sourcesNamedIn(readme).filter(
    (name) => ![folder, dirname(folder), "."].some((from) => existsSync(join(root, from, name))),
  );
  expect(missing).toEqual([]);
});
