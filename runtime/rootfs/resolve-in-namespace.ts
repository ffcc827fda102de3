import * as v from "valibot";
import { CntnrError } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import { complaintOf } from "../process/run-command.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import { LayeredTree } from "./layered-tree.ts";

const timeoutMs = 60_000;
const requestSchema = v.strictObject({ layers: v.array(v.string()), path: v.string() });
const answerSchema = v.strictObject({ directory: v.nullable(v.string()) });

/**
 * The path without links of a directory in the merged tree of the layers (lowest first), looked for by root of a user namespace, who may
 * look everywhere; undefined when there is no directory. Throws CntnrError.
 */
export async function resolveInNamespace(
  layers: readonly string[],
  path: string,
  mappings: IdMappings,
): Promise<string | undefined> {
  const stdin = JSON.stringify({ layers, path });
  const result = await runInUserNamespace(mappings, [...ownProgram(), "internal-resolve"], {
    stdin,
    timeoutMs,
  });
  const answer = result.exitCode === 0 ? v.safeParse(answerSchema, JSON.parse(result.stdout)) : undefined;
  if (answer?.success) return answer.output.directory ?? undefined;
  throw new CntnrError("engine", `the image's ${path} cannot be looked at: ${complaintOf(result)}`);
}

/** The other side of {@link resolveInNamespace}: request and answer are JSON. Throws CntnrError `usage`. */
export function answerResolution(requestText: string): string {
  const request = v.safeParse(requestSchema, JSON.parse(requestText));
  if (!request.success)
    throw new CntnrError("usage", "internal-resolve: not a request that cntnr has written");
  const { path, entry } = new LayeredTree(request.output.layers).resolve(request.output.path);
  return JSON.stringify({ directory: entry?.stats.isDirectory() ? path : null });
}
