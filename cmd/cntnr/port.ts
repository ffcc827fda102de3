import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { showHostPort } from "../../runtime/network/network-request.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr port`: where the ports of a running container are reached; with a port, where that one is. */
export async function port(context: CommandContext): Promise<number> {
  const [name = "", wanted] = context.args.positionals;
  const container = await engineOf(context).containers.inspect(name);
  const ports = container.attachments.flatMap((attachment) => attachment.ports);
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
    throw new CntnrError("not-found", `port ${wanted} of container ${container.name} is not published`);
  for (const { hostIp, hostPort } of found) print(`${showHostPort(hostIp, hostPort)}\n`);
  return 0;
}
