import { adminSocketOf, askService } from "../../netd/admin/admin-client.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";

/** What the running service says against what it was asked for. */
export class Declined extends Error {
  override readonly name = "Declined";
}

/** Asks about one attachment, by as much of its id as only one has. Throws as {@link ask} does. */
export async function askAbout(id: string, context: CommandContext, method: string): Promise<unknown> {
  try {
    return await ask(context, method, `/attachments/${encodeURIComponent(id)}`);
  } catch (error) {
    throw error instanceof Declined ? new Declined(`${id}: ${error.message}`, { cause: error }) : error;
  }
}

/** The running service's answer, parsed. Throws Declined, and an Error when there is none. */
export async function ask({ args }: CommandContext, method: string, path: string): Promise<unknown> {
  if (process.getuid?.() !== 0) throw new Error("only root may ask the service: use sudo");
  const { status, text } = await askService(adminSocketOf(locationOf(args, "runDir")), method, path);
  if (status >= 200 && status < 300) return parsed(text);
  const { error } = parsed(text) as { error?: unknown };
  throw new Declined(typeof error === "string" ? error : `cntnr-netd answers with HTTP status ${status}`);
}

/** The service's own JSON is what its types say: it comes from root's socket. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("cntnr-netd answers with something that is no JSON: is it of another version?");
  }
}
