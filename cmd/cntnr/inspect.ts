import { existsSync } from "node:fs";
import { containerPaths } from "../../runtime/container/container-record.ts";
import { settle } from "../../runtime/container/settle.ts";
import { readAttachments } from "../../runtime/network/kept-attachments.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";

/** `cntnr inspect`: record, state and files of containers, as a JSON array. */
export async function inspect({ args, directories }: CommandContext): Promise<number> {
  const found: object[] = [];
  const exitCode = await forEachContainer(directories, args.positionals, async (record) => {
    const state = await settle(directories, record);
    const { directory, log } = containerPaths(directories, record.id);
    const attachments = readAttachments(directories, record.id) ?? [];
    found.push({ ...record, state, attachments, directory, ...(existsSync(log) ? { log } : {}) });
  });
  print(`${JSON.stringify(found, undefined, 2)}\n`);
  return exitCode;
}
