import { existsSync } from "node:fs";
import { join } from "node:path";
import { NotRunning } from "../../netd/admin/admin-client.ts";
import type { AttachmentFacts } from "../../netd/contract/attachment.ts";
import { readJournal } from "../../netd/journal/read-journal.ts";
import { loginNames } from "../../netd/process/account-names.ts";
import { agoOf } from "../command-line/ago.ts";
import { print, printError, printTable } from "../command-line/output.ts";
import { ask } from "./ask-service.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";

/** What is listed of an attachment; of one that is only in the journal there are no addresses. */
type Listed = Omit<AttachmentFacts, "given" | "netns"> & {
  readonly given?: AttachmentFacts["given"];
};

/** `cntnr-netd ls`: 3 when the service does not run, and the list is what it has left behind. */
export async function ls(context: CommandContext): Promise<number> {
  const { attachments, isRunning } = await attachmentsOf(context);
  if (context.args.has("json")) print(attachments.map((one) => `${JSON.stringify(one)}\n`).join(""));
  else await printAttachments(attachments);
  return isRunning ? 0 : 3;
}

async function attachmentsOf(
  context: CommandContext,
): Promise<{ attachments: readonly Listed[]; isRunning: boolean }> {
  try {
    const attachments = (await ask(context, "GET", "/attachments")) as AttachmentFacts[];
    return { attachments, isRunning: true };
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    printError(`cntnr-netd: ${error.message}; this is what its journal says\n`);
    return {
      attachments: journaled(join(locationOf(context.args, "runDir"), "journal.db")),
      isRunning: false,
    };
  }
}

function journaled(path: string): Listed[] {
  if (!existsSync(path)) return [];
  return readJournal(path).map(({ id, state, uid, idempotencyKey, createdAtMs, plan }) => ({
    id,
    state,
    uid,
    idempotencyKey,
    createdAtMs,
    plan,
  }));
}

async function printAttachments(attachments: readonly Listed[]): Promise<void> {
  const names = await loginNames([...new Set(attachments.map(({ uid }) => uid))]);
  printTable([
    ["ID", "USER", "NETWORK", "INTERFACE", "ADDRESSES", "STATE", "CREATED"],
    ...attachments.map(({ id, uid, plan, given, state, createdAtMs }) => [
      id.slice(0, 12),
      names.get(uid) ?? String(uid),
      plan.network,
      plan.interface,
      given?.addresses.join(",") ?? "",
      state,
      `${agoOf(new Date(createdAtMs).toISOString())} ago`,
    ]),
  ]);
}
