import type { CopyEnd } from "../../runtime/engine/container-work.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
import { interruptible } from "../command-line/interruption.ts";
import { printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr cp` */
export async function cp(context: CommandContext): Promise<number> {
  const { args } = context;
  const { containers } = engineOf(context);
  const [from = "", to = ""] = args.positionals;
  const report = await interruptible((signal) =>
    containers.copy(place(from, 0), place(to, 1), {
      followsLink: args.has("follow-link"),
      keepsOwners: args.has("archive"),
      signal,
    }),
  );
  if (report.skippedDevices > 0)
    printError(`cntnr: ${report.skippedDevices} device nodes were left out: only root can make them\n`);
  if (report.changedOwners > 0)
    printError(
      `cntnr: ${report.changedOwners} files could not keep their owners: they are beyond your ids\n`,
    );
  return 0;
}

/** CONTAINER:PATH, a path of the user's, or - for an archive. A path with a colon is written with a slash before it. */
function place(text: string, fd: 0 | 1): CopyEnd {
  if (text === "-") {
    if (isTerminal(fd)) throw new CntnrError("usage", "cp: an archive is not for a terminal");
    return { kind: "archive", fd };
  }
  const colon = text.indexOf(":");
  if (colon <= 0 || /[/.]/.test(text.charAt(0))) return { kind: "host", path: text };
  return {
    kind: "container",
    container: text.slice(0, colon),
    path: text.slice(colon + 1),
  };
}
