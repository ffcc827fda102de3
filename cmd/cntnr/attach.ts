import { attachContainer } from "../../runtime/container/attached-container.ts";
import { findContainer } from "../../runtime/container/container-store.ts";
import { checkTerminal } from "../../runtime/container/run-foreground.ts";
import { parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr attach`: its exit code is the container's, unless the detach keys leave it running. */
export async function attach({ args, directories }: CommandContext): Promise<number> {
  const record = findContainer(directories, args.positionals[0] ?? "");
  const stdin = record.stdin && !args.has("no-stdin");
  checkTerminal({ tty: record.tty, stdin });
  const end = await attachContainer(directories, record, { ...parseAttachFlags(args), stdin });
  return end === "left" ? 0 : end;
}
