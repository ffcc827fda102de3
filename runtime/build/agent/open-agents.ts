import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CntnrError, reasonOf } from "../../errors/cntnr-error.ts";
import { startKeyAgent } from "./key-agent.ts";

/** What `--ssh` says: an agent that is running, or keys for one. */
export interface AgentRequest {
  readonly id: string;
  /** Of one socket, or of private keys. */
  readonly paths: readonly string[];
}

/** Sockets of agents, by id. */
export type Agents = ReadonlyMap<string, string>;

/**
 * Finds or starts the agents of a build; those that are started end with the stack. Throws CntnrError.
 * @param directory private to the user, with a short path; made when it is needed
 */
export async function openAgents(
  requests: readonly AgentRequest[],
  directory: string,
  stack: AsyncDisposableStack,
): Promise<Agents> {
  const agents = new Map<string, string>();
  for (const { id, paths } of requests) {
    const kinds = new Set(paths.map((path) => kindOf(id, path)));
    const [path = ""] = paths;
    if (kinds.has("socket") && paths.length > 1)
      throw new CntnrError("usage", `--ssh ${id}: one agent's socket, or keys, and not both or several`);
    if (kinds.has("socket")) agents.set(id, path);
    else {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const socket = join(directory, `keys-${agents.size}`);
      stack.use(await startKeyAgent(id, socket, paths));
      agents.set(id, socket);
    }
  }
  return agents;
}

function kindOf(id: string, path: string): "socket" | "key" {
  try {
    return statSync(path).isSocket() ? "socket" : "key";
  } catch (error) {
    throw new CntnrError("not-found", `--ssh ${id}: ${path} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
