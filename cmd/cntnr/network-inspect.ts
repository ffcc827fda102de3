import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { GrantedNetwork } from "../../runtime/network/networks.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { formatOne } from "./format-template.ts";

/** `cntnr network inspect`: all that is granted to this user on a network, what decided it, and what is left. */
export async function networkInspect(context: CommandContext): Promise<number> {
  const { args } = context;
  const networks = await engineOf(context).networks.list();
  const format = args.value("format");
  const found: GrantedNetwork[] = [];
  const exitCode = await forEachName(args.positionals, (name) => {
    const network = networks.find((candidate) => candidate.name === name);
    // The same for a network that is not granted and for one that is not there (N3).
    if (!network) throw new CntnrError("not-found", `network ${name}: none that you may use`);
    if (format === undefined) found.push(network);
    else print(formatOne(network, format));
  });
  if (format === undefined) print(`${JSON.stringify(found, undefined, 4)}\n`);
  return exitCode;
}
