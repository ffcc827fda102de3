import { readFileSync } from "node:fs";
import * as v from "valibot";
import { exactJson, parseExactJson } from "../bundle/exact-json.ts";
import type { OciResources } from "../bundle/oci-config.ts";
import { planResources, type ResourcePlan } from "../bundle/resource-plan.ts";
import { ownCgroup } from "../cgroup/cgroup-usage.ts";
import { findDelegation, realCgroupView } from "../cgroup/delegation.ts";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { replaceFile } from "../store/replace-file.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { readFacts } from "./container-state.ts";
import type { ResourceLimits } from "./resource-flags.ts";
import { runcFlagsWithLog, runtimeOf } from "./runc.ts";
import { classifyRuncFailure } from "./runc-failure.ts";

const updateTimeoutMs = 30_000;

/** The part of config.json that bounds a container (runtime-spec, config-linux.md); what we have written ourselves. */
const limitedSchema = v.looseObject({
  linux: v.looseObject({
    cgroupsPath: v.exactOptional(v.string()),
    resources: v.optional(
      v.custom<OciResources>((value) => typeof value === "object" && value !== null),
      {},
    ),
  }),
});

/**
 * Changes what a container may use: at once while it runs, and for its later lives. Only under its lock. Throws CntnrError where the
 * bounds would not hold: no cgroups are delegated, or it runs without a cgroup of its own.
 */
export async function updateLimits(
  directories: Directories,
  record: ContainerRecord,
  limits: ResourceLimits,
): Promise<void> {
  const plan = planResources(limits, findDelegation(realCgroupView()), record.id);
  const { config: path } = containerPaths(directories, record.id);
  const config = readLimited(path);
  const { cgroupsPath = plan.cgroupsPath, resources: present } = config.linux;
  const resources = mergeResources(present, plan.resources);
  checkSwap(resources);
  const { init } = readFacts(directories, record);
  if (init) {
    // runc gives one also where no limits ask for it, if it may.
    if (config.linux.cgroupsPath === undefined && !ownCgroup(init.pid, record.id))
      throw new CntnrError(
        "conflict",
        `container ${record.name} was started without limits, so it has no cgroup of its own: stop it, update it, and start it again`,
      );
    await updateRunning(directories, record, resources);
  }
  const linux = { ...config.linux, cgroupsPath, resources };
  replaceFile(directories, path, exactJson({ ...config, linux }));
}

function readLimited(path: string): v.InferOutput<typeof limitedSchema> {
  try {
    return v.parse(limitedSchema, parseExactJson(readFileSync(path, "utf8")));
  } catch (error) {
    throw new CntnrError("corrupt", `${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Pure: limits with others in the place of some. */
export function mergeResources(present: OciResources, changes: ResourcePlan["resources"]): OciResources {
  const merged: Record<string, object> = { ...present };
  for (const [kind, values] of Object.entries(changes)) merged[kind] = { ...merged[kind], ...values };
  return merged;
}

/** As docker has it: who lowers or raises the one may have to say the other, too. */
function checkSwap({ memory }: OciResources): void {
  const { limit, swap } = memory ?? {};
  if (limit !== undefined && swap !== undefined && swap !== -1 && limit > swap)
    throw new CntnrError(
      "usage",
      `--memory is above the bound of memory and swap together (${swap}): give --memory-swap, too`,
    );
}

async function updateRunning(
  directories: Directories,
  record: ContainerRecord,
  resources: OciResources,
): Promise<void> {
  const log = `${containerPaths(directories, record.id).directory}/update.log`;
  const args = [...runcFlagsWithLog(directories, log), "update", "--resources", "-", record.id];
  const result = await runCommand(runtimeOf(record), args, {
    stdin: exactJson(resources),
    timeoutMs: updateTimeoutMs,
  });
  if (result.exitCode === 0) return;
  throw (
    classifyRuncFailure(result.stderr) ??
    new CntnrError("engine", `the limits of ${record.name} could not be changed: ${result.stderr.trim()}`)
  );
}
