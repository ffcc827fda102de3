import { type Daemon, startDaemon } from "../../netd/daemon.ts";
import { print, printable, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";

/** `cntnr-netd serve`: the service. Ends with 0 when it was asked to end. */
export async function serve({ args, program }: CommandContext): Promise<number> {
  if (process.getuid?.() !== 0)
    throw new Error("serve has to be root: it enters namespaces and makes interfaces");
  const log = (line: string) => printError(`cntnr-netd: ${printable(line)}\n`);
  const ended = endRequest();
  const starting = startDaemon({
    policyDir: locationOf(args, "policyDir"),
    conflistDir: locationOf(args, "conflistDir"),
    pluginDir: locationOf(args, "pluginDir"),
    runDir: locationOf(args, "runDir"),
    auditLog: locationOf(args, "auditLog"),
    bootIdFile: args.value("boot-id-file") ?? "/proc/sys/kernel/random/boot_id",
    version: program.version,
    log,
    onStep: killAt(process.env.CNTNR_NETD_KILL_AT),
  });
  reloadOnHangUp(starting);
  const daemon = await starting;
  print("cntnr-netd: ready\n");
  log(`${await ended}: ending`);
  await daemon[Symbol.asyncDispose]();
  return 0;
}

/** SIGTERM and SIGINT, also while the service still starts. */
function endRequest(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}

/** One reload after the other: each takes the configuration as it is when its turn comes. */
function reloadOnHangUp(starting: Promise<Daemon>): void {
  let last: Promise<unknown> = starting.catch(() => {
    // serve() reports it.
  });
  process.on("SIGHUP", () => {
    last = last.then(async () => (await starting).reload());
  });
}

/** For the tests of crashes: at this step of an attach or detach the service kills itself, as if by power loss (F1). */
function killAt(step: string | undefined): (reached: string) => void {
  return (reached) => {
    if (reached === step) process.kill(process.pid, "SIGKILL");
  };
}
