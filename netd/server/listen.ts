import { lstatSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";

/**
 * Listens on a unix socket that every user may connect to. Call it with the service's lock held: a socket that lies
 * there is then a dead netd's (P7). Throws when something else has the name.
 */
export async function listenOn(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found && !found.isSocket()) throw new Error(`${path}: is there already and is no socket; move it away`);
  if (found) unlinkSync(path);
  const server = createServer(onConnection);
  // The mode comes from the umask at bind(2): a later chmod would leave a moment in which it is wrong (P7).
  const before = process.umask(0o111);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
  return server;
}
