import { print, printTable } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr network ls`: what netd grants to this user, and how much of the quotas is used. */
export async function networkLs(context: CommandContext): Promise<number> {
  const networks = await engineOf(context).networks.list();
  if (context.args.value("format") === "json")
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
