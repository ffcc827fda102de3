import { NotRunning } from "../../netd/admin/admin-client.ts";
import { type ServiceStatus, troublesOf } from "../../netd/admin/status.ts";
import { agoOf } from "../command-line/ago.ts";
import { print, printable, printError } from "../command-line/output.ts";
import { ask } from "./ask-service.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr-netd status`: 0 when all is well, 1 when something is to be done, 3 when the service does not run. */
export async function status(context: CommandContext): Promise<number> {
  let found: ServiceStatus;
  try {
    found = (await ask(context, "GET", "/status")) as ServiceStatus;
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    printError(`cntnr-netd: ${error.message}\n`);
    return 3;
  }
  const troubles = troublesOf(found);
  if (context.args.has("json")) print(`${JSON.stringify({ ...found, troubles }, null, 2)}\n`);
  else
    print(
      `${[...overview(found), ...troubles.map((trouble) => `!! ${trouble.split("\n").map(printable).join("\n   ")}`)].join("\n")}\n`,
    );
  return troubles.length === 0 ? 0 : 1;
}

function overview({
  version,
  policy,
  audit,
  attachments,
  connections,
  front,
  worker,
}: ServiceStatus): string[] {
  const since = (timeMs: number) => `${agoOf(new Date(timeMs).toISOString())} ago`;
  const memory = [front, worker.process].map(({ residentBytes }) => (residentBytes / (1 << 20)).toFixed(0));
  return [
    `cntnr-netd ${version}, started ${since(worker.process.startedAtMs)}`,
    `policy       ${policy.loadedAtMs === undefined ? "none: everything is denied" : `${policy.hash.slice(0, 12)}, loaded ${since(policy.loadedAtMs)}`}`,
    `attachments  ${attachments.attached}, and ${attachments.attaching} coming, ${attachments.detaching} going`,
    `connections  ${connections}`,
    `audit log    ${audit.seq + 1} lines`,
    `memory       ${memory.join(" + ")} MiB; descriptors ${front.openDescriptors} + ${worker.process.openDescriptors}`,
  ];
}
