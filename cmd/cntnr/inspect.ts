import { findContainer } from "../../runtime/container/container-store.ts";
import { settle } from "../../runtime/container/settle.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-container.ts";
import { formatOne } from "./format-template.ts";
import { inspectContainer } from "./inspect-container.ts";

/** `cntnr container inspect`: docker's JSON array, or what a template makes of each. */
export async function inspect({ args, directories }: CommandContext): Promise<number> {
  const found: object[] = [];
  const exitCode = await forEachName(args.positionals, async (name) => {
    const record = findContainer(directories, name);
    const state = await settle(directories, record);
    if (state.kind === "removed")
      throw new CntnrError("not-found", `container ${name} has just been removed`);
    found.push(inspectContainer(directories, record, state));
  });
  const format = args.value("format");
  if (format === undefined) print(`${JSON.stringify(found, undefined, 2)}\n`);
  else print(found.map((container) => formatOne(container, format)).join(""));
  return exitCode;
}
