import { Ajv } from "ajv";
import { ChildError, type ChildResult, type ChildSpec, runChild } from "../process/run-child.ts";
import { CniError } from "./cni-error.ts";
import type { CniCommand } from "./environment.ts";
import type { Json } from "./json.ts";

/** R8: what a plugin may print. Results are a few hundred bytes. */
const maxOutputBytes = 1 << 20;

/** What holds for each call, whatever the plugin. */
export interface CallLimits {
  /** Of this one call, from its start. */
  readonly timeoutMs: number;
  /** See ChildSpec. */
  readonly lockFd?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each call that failed; counts them. */
  readonly onFailure?: (pluginType: string) => void;
}

export interface PluginCall {
  readonly pluginType: string;
  readonly command: CniCommand;
  /** Absolute path of its program, which was checked. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** See ChildSpec. */
  readonly beforeInput?: ChildSpec["beforeInput"];
}

/** Spec, section 5, "Error". Plugins in Go leave a code of 0 out. */
interface ErrorDocument {
  readonly code?: number;
  readonly msg: string;
  readonly details?: string;
}

const isErrorDocument = new Ajv().compile<ErrorDocument>({
  type: "object",
  required: ["msg"],
  properties: {
    code: { type: "integer", minimum: 0 },
    msg: { type: "string" },
    details: { type: "string" },
  },
});

/** Runs a plugin once. Returns what it printed; throws CniError unless it ended with 0, and what `beforeInput` throws. */
export async function callPlugin(call: PluginCall, limits: CallLimits): Promise<string> {
  try {
    return await runPlugin(call, limits);
  } catch (error) {
    if (error instanceof CniError) limits.onFailure?.(call.pluginType);
    throw error;
  }
}

async function runPlugin(call: PluginCall, { timeoutMs, lockFd, signal }: CallLimits): Promise<string> {
  const { pluginType, command, program, env, ...input } = call;
  let result: ChildResult;
  try {
    const child = { command: program, args: [], env, ...input, maxOutputBytes, timeoutMs, lockFd, signal };
    result = await runChild(child);
  } catch (cause) {
    if (!(cause instanceof ChildError)) throw cause;
    throw new CniError({ pluginType, command, kind: cause.fault }, cause.message, { cause });
  }
  if (result.exitCode === 0) return result.stdout;
  throw pluginFailure(call, result);
}

function pluginFailure(
  { pluginType, command }: PluginCall,
  { exitCode, stdout, stderr }: ChildResult,
): CniError {
  const document = parseErrorDocument(stdout);
  if (!document) {
    const details = [stderr, stdout].map((text) => text.trim()).find((text) => text !== "") ?? "";
    return new CniError(
      { pluginType, command, kind: "failed", details },
      `ended with ${exitCode} and no reason`,
    );
  }
  const { code = 0, msg, details = "" } = document;
  return new CniError({ pluginType, command, kind: "refused", code, details }, `${msg} (code ${code})`);
}

function parseErrorDocument(text: string): ErrorDocument | undefined {
  try {
    const json: Json = JSON.parse(text);
    return isErrorDocument(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
