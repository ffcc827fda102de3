import type { Preparation } from "../attachment/network-plugins.ts";
import { type CallLimits, callPlugin } from "./call-plugin.ts";
import { CniDeleteError, CniError } from "./cni-error.ts";
import type { Conflist, Plugin } from "./conflist.ts";
import { type AttachmentParameters, attachmentEnvironment, type CniCommand } from "./environment.ts";
import { type CapabilityArguments, executionConfiguration } from "./execution-configuration.ts";
import type { JsonObject } from "./json.ts";
import type { PluginDirectory } from "./plugin-directory.ts";
import { type CniResult, parseResult, ResultError } from "./result.ts";
import { isAtLeast } from "./version.ts";

/** One interface on one network (spec, section 3). */
export interface CniAttachment extends AttachmentParameters {
  /** Decided by the policy; the same in ADD, CHECK and DEL. */
  readonly capabilityArguments: CapabilityArguments;
  /** Prefixes whose addresses are not to be given to who has not asked for them. */
  readonly keptAddresses: readonly string[];
}

/** Each plugin called gets the limits anew: what one of them used up is not taken from the next (R8). */
export interface ExecuteOptions extends CallLimits {
  readonly plugins: PluginDirectory;
  /** Where host-local keeps its leases. */
  readonly leaseDir: string;
  /** Awaited before and after each plugin: "add:bridge:before", "del:bridge:after". The crash tests end netd there. */
  readonly onStep?: (step: string) => void | Promise<void>;
}

/** Whoever comes first does it; the others have nothing to do. */
export function once(prepare: Preparation): Preparation {
  let isLeft = true;
  return () => {
    if (!isLeft) return;
    isLeft = false;
    return prepare();
  };
}

/**
 * Runs the chain's ADD (spec, section 3, "Adding an attachment") and returns its result. Stops at the first plugin that
 * fails, with that plugin's CniError; what was made by then is for the caller to take away with {@link deleteNetwork},
 * with limits of its own (F3, R8). What `prepare` throws is thrown when the plugin has been ended.
 * @param prepare made with {@link once}
 */
export async function addNetwork(
  conflist: Conflist,
  attachment: CniAttachment,
  options: ExecuteOptions,
  prepare?: Preparation,
): Promise<CniResult> {
  let result: CniResult | undefined;
  for (const plugin of conflist.plugins) {
    const execution = { conflist, plugin, attachment, prevResult: result?.json, prepare };
    const printed = await execute("ADD", execution, options);
    result = readResult(conflist, plugin, printed);
  }
  if (!result) throw new Error(`${conflist.source} has no plugins`);
  return result;
}

/**
 * Runs the chain's DEL in reverse order (spec, section 3, "Deleting an attachment"), with the conflist that ADD had and
 * the result that it gave; undefined when there was none. The specification would stop at a plugin that fails; what the
 * others hold would then stay for good, so this goes on and throws all failures together, a CniDeleteError (F4).
 * May be called any number of times (F5), also when the namespace is gone: its path is then empty.
 * @param prepare made with {@link once}; done in any case
 */
export async function deleteNetwork(
  conflist: Conflist,
  attachment: CniAttachment,
  result: CniResult | undefined,
  options: ExecuteOptions,
  prepare?: Preparation,
): Promise<void> {
  // DEL knows no prevResult before 0.4.0.
  const prevResult = isAtLeast(conflist.cniVersion, "0.4.0") ? result?.json : undefined;
  const failures: CniError[] = [];
  for (const plugin of conflist.plugins.toReversed()) {
    try {
      await execute("DEL", { conflist, plugin, attachment, prevResult, prepare }, options);
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      // It may not even have been started.
      await prepare?.();
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new CniDeleteError(failures);
}

/**
 * Asks the chain whether the attachment is still as it was made (spec, section 3, "Checking an attachment"); throws the
 * CniError of the first plugin that says no. Does not ask where the admin has disabled it, nor before 0.4.0.
 */
export async function checkNetwork(
  conflist: Conflist,
  attachment: CniAttachment,
  result: CniResult,
  options: ExecuteOptions,
): Promise<"as-expected" | "not-asked"> {
  if (conflist.disableCheck || !isAtLeast(conflist.cniVersion, "0.4.0")) return "not-asked";
  for (const plugin of conflist.plugins)
    await execute(
      "CHECK",
      { conflist, plugin, attachment, prevResult: result.json, prepare: undefined },
      options,
    );
  return "as-expected";
}

interface Execution {
  readonly conflist: Conflist;
  readonly plugin: Plugin;
  readonly attachment: CniAttachment;
  readonly prevResult: JsonObject | undefined;
  readonly prepare: Preparation | undefined;
}

async function execute(
  command: Exclude<CniCommand, "VERSION">,
  { conflist, plugin, attachment, prevResult, prepare }: Execution,
  options: ExecuteOptions,
): Promise<string> {
  const { plugins, leaseDir, onStep, ...limits } = options;
  const { capabilityArguments, keptAddresses } = attachment;
  const step = `${command.toLowerCase()}:${plugin.type}`;
  const program = plugins.locate(plugin.type, command);
  const env = attachmentEnvironment(command, attachment, plugins.path);
  const facts = { capabilityArguments, keptAddresses, prevResult, leaseDir };
  const stdin = executionConfiguration(conflist, plugin, facts);
  await onStep?.(`${step}:before`);
  const call = { pluginType: plugin.type, command, program, env, stdin, beforeInput: prepare };
  const printed = await callPlugin(call, limits);
  await onStep?.(`${step}:after`);
  return printed;
}

function readResult(conflist: Conflist, plugin: Plugin, printed: string): CniResult {
  try {
    return parseResult(printed, conflist.cniVersion);
  } catch (cause) {
    if (!(cause instanceof ResultError)) throw cause;
    const facts = { pluginType: plugin.type, command: "ADD", kind: "bad-output", details: printed } as const;
    throw new CniError(facts, `its result ${cause.message}`, { cause });
  }
}
