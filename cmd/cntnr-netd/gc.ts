import { join } from "node:path";
import { NotRunning } from "../../netd/admin/admin-client.ts";
import { CniPlugins } from "../../netd/cni/cni-plugins.ts";
import { type ResidueReport, residueKinds } from "../../netd/contract/residue-report.ts";
import { lookOffline } from "../../netd/residue/look-offline.ts";
import { print, printable, printError } from "../command-line/output.ts";
import { UsageError } from "../command-line/usage-error.ts";
import { ask } from "./ask-service.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";

/**
 * `cntnr-netd gc`: 0 when everything belongs to an attachment and no attachment lacks anything, else 1; 3 when the service
 * does not run, and it was only looked.
 */
export async function gc(context: CommandContext): Promise<number> {
  const { args } = context;
  const [isFix, isDiscard] = [args.has("fix"), args.has("discard-unreadable")];
  if (args.has("dry-run") && (isFix || isDiscard))
    throw new UsageError("--dry-run only looks: it cannot be with --fix or --discard-unreadable");
  const query = new URLSearchParams({
    ...(isFix ? { fix: residueKinds.join(",") } : {}),
    ...(isDiscard ? { discard: "unreadable" } : {}),
  });
  try {
    const report = (await ask(context, "POST", `/gc?${query}`)) as ResidueReport;
    show(report, context);
    return report.stray.length === 0 && report.missing.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NotRunning) || isFix || isDiscard) throw error;
    printError(
      `cntnr-netd: ${error.message}; this is what it has left, of which its next start takes away what has ended\n`,
    );
    show(await lookOffline(locationOf(args, "runDir"), readingPlugins(context)), context);
    return 3;
  }
}

function show(report: ResidueReport, { args }: CommandContext): void {
  print(args.has("json") ? `${JSON.stringify(report, null, 2)}\n` : `${linesOf(report).join("\n")}\n`);
}

/** They read what was stored, and run nothing. */
function readingPlugins({ args }: CommandContext): CniPlugins {
  const leaseDir = join(locationOf(args, "runDir"), "leases");
  const onStep = () => undefined;
  return new CniPlugins({ pluginDir: locationOf(args, "pluginDir"), leaseDir, lockFd: undefined, onStep });
}

function linesOf({ looked, stray, missing, removed, discarded }: ResidueReport): string[] {
  const { records, pins, leases, links, rules } = looked;
  return [
    ...discarded.map((name) => `forgotten: ${name}`),
    ...removed.map(({ kind, name }) => `removed: ${kind} ${printable(name)}`),
    ...stray.map(({ kind, name }) => `belongs to nothing: ${kind} ${printable(name)}`),
    ...missing.map(({ kind, name, attachment }) => `missing: ${kind} ${printable(name)} of ${attachment}`),
    `${records} attachments; ${pins} pins, ${leases} leases, ${links} links, ${rules} elements of rules looked at: ` +
      (stray.length + missing.length === 0
        ? "nothing is left over, nothing is missing"
        : `${stray.length} left over, ${missing.length} missing`),
  ];
}
