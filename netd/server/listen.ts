import { createServer, type Server, type Socket } from "node:net";

/** Accepts connections of a listening socket that the worker has made, and handed to this process. */
export function serveOn(fd: number, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd }, () => resolve(server));
  });
}
