import { findContainer } from "../../runtime/container/container-store.ts";
import { containerTop } from "../../runtime/container/container-top.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr top` */
export async function top({ args, directories }: CommandContext): Promise<number> {
  const [name = "", ...psArguments] = args.positionals;
  const lines = await containerTop(directories, findContainer(directories, name), psArguments);
  print(lines.map((line) => `${line}\n`).join(""));
  return 0;
}
