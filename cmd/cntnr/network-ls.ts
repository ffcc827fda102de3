import type { Engine } from "../../runtime/engine/engine.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { formatList, type ListLayout } from "./format-template.ts";

const layout: ListLayout = {
  headings: {
    ...{ Name: "NAME", Plugins: "PLUGINS", Attachments: "ATTACHMENTS", Ports: "PORTS" },
    ...{ Subnets: "SUBNETS", GrantedBy: "GRANTED BY" },
  },
  columns: ["Name", "Plugins", "Attachments", "Ports", "Subnets", "GrantedBy"],
};

/** `cntnr network ls`: what netd grants to this user, and how much of the quotas is used. */
export async function networkLs(context: CommandContext): Promise<number> {
  const { args } = context;
  const networks = await engineOf(context).networks.list();
  const format = args.value("format");
  if (args.has("quiet")) print(networks.map(({ name }) => `${name}\n`).join(""));
  else if (format === "json") print(networks.map((network) => `${JSON.stringify(network)}\n`).join(""));
  else print(formatList(networks.map(row), format, layout));
  return 0;
}

/** Also by docker's names. */
function row(network: Awaited<ReturnType<Engine["networks"]["list"]>>[number]) {
  const { name, plugins, used, limit, portsUsed, portsLimit, subnets, grantedBy } = network;
  return {
    ...{ ID: name, Name: name, Driver: plugins[0] ?? "", Scope: "local", Plugins: plugins.join(",") },
    ...{ Attachments: `${used}/${limit}`, Ports: `${portsUsed}/${portsLimit}` },
    ...{ Subnets: subnets.join(","), GrantedBy: grantedBy },
  };
}
