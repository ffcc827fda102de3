import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Directories } from "../store/directories.ts";
import { attachContainer } from "./attach-container.ts";
import type { OciState } from "./oci-state.ts";

/** The parts of a bundle's config.json that say what the hook would have been told, and in which environment. */
const configSchema = v.object({
  annotations: v.record(v.string(), v.string()),
  hooks: v.object({ poststop: v.tuple([v.object({ env: v.array(v.string()) })]) }),
});

/**
 * Attaches a container that is created, and not yet started, in the place of its bundle's hook: one that the runtime starts in the
 * container's user namespace would not be its user to netd (P8). Throws CntnrError.
 */
export async function attachFromOutside(
  directories: Directories,
  container: Pick<OciState, "id" | "pid" | "bundle">,
): Promise<void> {
  const text = readFileSync(join(container.bundle, "config.json"), "utf8");
  const { annotations, hooks } = v.parse(configSchema, JSON.parse(text));
  const env = hooks.poststop[0].env.map((line): [string, string] => {
    const end = line.indexOf("=");
    return [line.slice(0, end), line.slice(end + 1)];
  });
  await attachContainer(directories, { ...container, annotations }, Object.fromEntries(env));
}
