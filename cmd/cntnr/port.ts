import { readFacts } from "../../runtime/container/container-state.ts";
import { findContainer } from "../../runtime/container/container-store.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { readAttachments } from "../../runtime/network/kept-attachments.ts";
import { showHostPort } from "../../runtime/network/network-request.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr port`: where the ports of a running container are reached; with a port, where that one is. */
export function port({ args, directories }: CommandContext): number {
  const [name = "", wanted] = args.positionals;
  const record = findContainer(directories, name);
  const { init } = readFacts(directories, record);
  const attached = init ? (readAttachments(directories, record.id) ?? []) : [];
  const ports = attached.flatMap((attachment) => attachment.ports);
  const [, number, protocol = "tcp"] = /^(\d+)(?:\/(\w+))?$/.exec(wanted ?? "") ?? [];
  if (wanted === undefined) {
    for (const { hostIp, hostPort, containerPort, protocol } of ports)
      print(`${containerPort}/${protocol} -> ${showHostPort(hostIp, hostPort)}\n`);
    return 0;
  }
  const found = ports.filter(
    (one) => one.containerPort === Number(number) && one.protocol === protocol.toLowerCase(),
  );
  if (found.length === 0)
    throw new CntnrError("not-found", `port ${wanted} of container ${record.name} is not published`);
  for (const { hostIp, hostPort } of found) print(`${showHostPort(hostIp, hostPort)}\n`);
  return 0;
}
