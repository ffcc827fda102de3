import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionName } from "../contract/worker-calls.ts";
import { messageOf, Refusal, type RefusalCode } from "../errors.ts";
import { connectionIdentity } from "../peer/connection.ts";
import { descriptorOf, Listener } from "../server/listener.ts";
import { type AdminAnswer, type AdminService, findRoute } from "./routes.ts";

const statusOf: Record<RefusalCode, number> = {
  invalid: 400,
  denied: 403,
  conflict: 409,
  exhausted: 429,
  unavailable: 503,
  failed: 500,
};

const idleMs = 60_000;

/** Answers the administrator. */
export class AdminServer implements Disposable {
  readonly #http: Server;
  readonly #listener: Listener;
  readonly #connections = new Map<Socket, ConnectionName>();

  /** @param fd the listening socket */
  constructor(
    fd: number,
    private readonly service: AdminService,
    log: (line: string) => void,
  ) {
    this.#http = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        log(`fault: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`);
        if (!response.headersSent) send(response, { status: 500, json: { error: "internal error" } });
      });
    });
    this.#listener = new Listener(
      fd,
      (socket) => this.#accept(socket),
      (error) => log(`admin socket: ${error.message}`),
    );
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]();
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  /** The socket's mode lets only root in; what the kernel says of who came is looked at all the same. */
  #accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    socket.setTimeout(idleMs, () => socket.destroy());
    const { uid, connection } = connectionIdentity(descriptorOf(socket));
    if (uid !== 0) {
      socket.destroy();
      return;
    }
    this.#connections.set(socket, connection);
    socket.on("close", () => this.#connections.delete(socket));
    this.#http.emit("connection", socket);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = this.#connections.get(request.socket);
    const url = URL.parse(request.url ?? "/", "http://netd");
    const route = url && findRoute(request.method ?? "GET", url.pathname);
    if (!connection || !url || !route) {
      send(response, { status: 404, json: { error: "there is nothing of that name here" } });
      return;
    }
    // No request has a body that means anything.
    request.resume();
    try {
      send(
        response,
        await route.handle({ service: this.service, connection, path: route.rest, query: url.searchParams }),
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(response, { status: statusOf[error.code], json: { error: reasonOf(error) } });
    }
  }
}

/** All that is known, once: the worker's refusals have in their cause what users are not told, or the same words. */
function reasonOf({ message, cause }: Refusal): string {
  const words = cause === undefined ? [message] : [message, messageOf(cause)];
  return [...new Set(words)].filter((text) => text !== "").join(": ");
}

function send(response: ServerResponse, answer: AdminAnswer): void {
  const isText = "text" in answer;
  response.writeHead(answer.status ?? 200, {
    "Content-Type": isText ? "text/plain; version=0.0.4; charset=utf-8" : "application/json",
    Connection: "close",
  });
  response.end(isText ? answer.text : `${JSON.stringify(answer.json, null, 2)}\n`);
}
