import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const directory = join(import.meta.dirname, "corpus");

/** What earlier runs have kept, in the order of their names. */
export function readCorpus(name: string): Buffer[] {
  const folder = join(directory, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((file) => readFileSync(join(folder, file)));
}

/** Keeps an input for all later runs; its name is its content's. Returns the path. */
export function keep(name: string, input: Buffer): string {
  const folder = join(directory, name);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash("sha256").update(input).digest("hex").slice(0, 16));
  writeFileSync(path, input);
  return path;
}
