import { listNetworks } from "../../runtime/network/networks.ts";
import { print, printTable } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr network ls`: what netd grants to this user, and how much of the quotas is used. */
export async function networkLs({ args, env }: CommandContext): Promise<number> {
  const networks = await listNetworks(env);
  if (args.value("format") === "json")
    print(networks.map((network) => `${JSON.stringify(network)}\n`).join(""));
  else
    printTable([
      ["NAME", "PLUGINS", "ATTACHMENTS", "PORTS", "SUBNETS", "GRANTED BY"],
      ...networks.map(({ name, plugins, used, limit, portsUsed, portsLimit, subnets, grantedBy }) => [
        name,
        plugins.join(","),
        `${used}/${limit}`,
        `${portsUsed}/${portsLimit}`,
        subnets.join(","),
        grantedBy,
      ]),
    ]);
  return 0;
}
