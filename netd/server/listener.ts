import { createServer, type Server, type Socket } from "node:net";
import { duplicate, restoreBacklog } from "../sys/unix-listener.ts";

/** Connections that are accepted before everything else gets its turn. */
const acceptsATurn = 64;

/**
 * Accepts connections on a listening socket, which stays the caller's. Bun accepts all that wait before it does anything
 * else; a user who connects faster than that would stop the service (Q10, measured: nothing else ran for 0.9 s). So it
 * listens anew, on a duplicate of the descriptor, after every {@link acceptsATurn} connections.
 */
export class Listener implements Disposable {
  #server: Server | undefined;
  #isOpen = true;
  #accepted = 0;

  constructor(
    private readonly fd: number,
    private readonly onConnection: (socket: Socket) => void,
    private readonly onError: (error: Error) => void,
  ) {
    this.#listen();
  }

  /** Accepts nothing any more; who connects waits until somebody else accepts on the socket. */
  [Symbol.dispose](): void {
    this.#isOpen = false;
    this.#server?.close();
  }

  #listen(): void {
    if (!this.#isOpen) return;
    this.#accepted = 0;
    const server = createServer((socket) => {
      this.onConnection(socket);
      if (++this.#accepted < acceptsATurn || this.#server !== server) return;
      this.#server = undefined;
      server.close();
      setImmediate(() => this.#listen());
    });
    server.on("error", this.onError);
    server.listen({ fd: duplicate(this.fd).number });
    restoreBacklog(this.fd);
    this.#server = server;
  }
}

/** The descriptor of an accepted socket. Throws when the runtime does not tell: then nobody is served. */
export function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined;
  if (typeof fd !== "number" || fd < 0) throw new Error("accepted socket has no descriptor");
  return fd;
}
