import { join } from "node:path";
import type { ServerLimits } from "../../netd/contract/server-limits.ts";
import { parseLimits } from "../../netd/server/limits.ts";
import { parseActivation } from "../../netd/systemd/activation.ts";
import { ServiceManager } from "../../netd/systemd/service-manager.ts";
import { runWorker, type Worker } from "../../netd/worker/run-worker.ts";
import { print, printable, printError } from "../command-line/output.ts";
import { UsageError } from "../command-line/usage-error.ts";
import type { CommandContext } from "./command.ts";
import { defaultFrontUser, locationOf } from "./locations.ts";

/** `cntnr-netd serve`: the service. Ends with 0 when it was asked to end. */
export async function serve({ args, program }: CommandContext): Promise<number> {
  if (process.getuid?.() !== 0)
    throw new Error("serve has to be root: it enters namespaces and makes interfaces");
  const log = (line: string) => printError(`cntnr-netd: ${printable(line)}\n`);
  const ended = endRequest();
  const manager = new ServiceManager(process.env, log);
  const activation = parseActivation(process.env, process.pid);
  let worker: Worker | undefined;
  const starting = runWorker({
    policyDir: locationOf(args, "policyDir"),
    conflistDir: locationOf(args, "conflistDir"),
    pluginDir: locationOf(args, "pluginDir"),
    runDir: locationOf(args, "runDir"),
    auditLog: locationOf(args, "auditLog"),
    accountRefreshMs: secondsIn(args.value("account-refresh") ?? "600") * 1000,
    bootIdFile: args.value("boot-id-file") ?? "/proc/sys/kernel/random/boot_id",
    frontUser: args.value("front-user") ?? defaultFrontUser,
    frontCommand: [...ownProgram(), "front"],
    version: program.version,
    limits: limitsIn(args.values("limit")),
    sockets: activation,
    pinStore: manager.isThere ? { store: manager, stored: activation.stored } : undefined,
    onReady: () => manager.ready(`cntnr-netd ${program.version} serves`),
    log,
    onStep: killAt({
      [process.env.CNTNR_NETD_KILL_AT ?? ""]: () => process.kill(process.pid, "SIGKILL"),
      [process.env.CNTNR_NETD_KILL_FRONT_AT ?? ""]: () => worker?.killFront(),
    }),
  });
  reloadOnHangUp(starting, manager);
  worker = await starting;
  print("cntnr-netd: ready\n");
  try {
    log(`${await Promise.race([ended, worker.failed])}: ending`);
    manager.stopping();
  } finally {
    await worker[Symbol.asyncDispose]();
  }
  return 0;
}

function limitsIn(texts: readonly string[]): ServerLimits {
  try {
    return parseLimits(texts);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function secondsIn(text: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`--account-refresh ${text}: write a number of seconds`);
}

/** SIGTERM and SIGINT, also while the service still starts. */
function endRequest(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}

function reloadOnHangUp(starting: Promise<Worker>, manager: ServiceManager): void {
  process.on("SIGHUP", () => {
    starting.then(
      (worker) => {
        manager.reloading();
        worker.reload();
      },
      () => {
        // serve() reports it.
      },
    );
  });
}

/** For the tests of crashes: at these steps of an attach or detach the service is killed, as if by power loss (F1). */
function killAt(switches: Readonly<Record<string, () => void>>): (reached: string) => void {
  return (reached) => switches[reached]?.();
}

/** The compiled program starts itself; from source the interpreter has to be told what to run. */
function ownProgram(): readonly string[] {
  // Bun shows the files in a compiled executable under this name.
  const isCompiled = process.argv[1]?.startsWith("/$bunfs/") === true;
  return isCompiled ? [process.execPath] : [process.execPath, join(import.meta.dirname, "main.ts")];
}
