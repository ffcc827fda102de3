import type { Socket } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { netdService } from "../../proto/service.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { messageOf } from "../errors.ts";
import type { Caller } from "../front/caller.ts";
import type { WorkerClient } from "../front/worker-client.ts";
import { connectionIdentity } from "../peer/connection.ts";
import { type CallObserver, handlersFor, type Service } from "./handlers.ts";

/** Bounds on what connections may cost (Q1-Q4). */
export const limits = {
  connectionsPerUid: 16,
  connections: 256,
  /** Without a complete call for this long, a connection is closed. */
  idleMs: 10_000,
  /** Longest life of a connection, calls under way or not. */
  lifeMs: 120_000,
  messageBytes: 16_384,
  streams: 4,
} as const;

const channelOptions = {
  "grpc.max_receive_message_length": limits.messageBytes,
  "grpc.max_send_message_length": 1 << 20,
  "grpc.max_concurrent_streams": limits.streams,
  "grpc-node.max_session_memory": 1,
};

/** Accepts connections, each with a server of its own that knows its peer. */
export class Connections implements Disposable {
  readonly #open = new Map<Socket, () => void>();
  readonly #perUid = new Map<number, number>();

  constructor(
    private readonly service: Service,
    private readonly worker: WorkerClient,
    private readonly audit: AuditLog,
  ) {}

  /**
   * For the `connection` event. What is counted by is read here and now (P3); who it really is only the worker can find
   * out, and until it has, no call is answered.
   */
  accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    let uid: number;
    let connection: Caller["connection"];
    try {
      ({ uid, connection } = connectionIdentity(descriptorOf(socket)));
    } catch (error) {
      this.#refuse(socket, messageOf(error));
      return;
    }
    const used = this.#perUid.get(uid) ?? 0;
    if (used >= limits.connectionsPerUid || this.#open.size >= limits.connections) {
      socket.destroy();
      return;
    }
    this.#perUid.set(uid, used + 1);
    const identity = this.worker
      .ask("identify", { connection })
      .then((facts): Caller => ({ ...facts, connection }));
    this.#serve(socket, uid, identity);
    identity.catch((error: unknown) =>
      this.#refuse(socket, messageOf(error instanceof Error && error.cause ? error.cause : error)),
    );
  }

  #refuse(socket: Socket, reason: string): void {
    this.audit.noteLimited({ event: "connection", reason: `refused: ${reason}` });
    socket.destroy();
  }

  #serve(socket: Socket, uid: number, identity: Promise<Caller>): void {
    const server = new Server(channelOptions);
    const idle = new IdleTimer(socket);
    server.addService(netdService, handlersFor(identity, this.service, idle));
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const close = () => {
      if (!this.#open.delete(socket)) return;
      idle.stop();
      const left = (this.#perUid.get(uid) ?? 1) - 1;
      if (left > 0) this.#perUid.set(uid, left);
      else this.#perUid.delete(uid);
      injector.destroy();
      server.forceShutdown();
      socket.destroy();
    };
    this.#open.set(socket, close);
    socket.on("close", close);
    injector.injectConnection(socket);
  }

  /** Closes all connections; their calls are abandoned, what they began is in the journal. */
  [Symbol.dispose](): void {
    for (const close of [...this.#open.values()]) close();
  }
}

/**
 * Closes a socket on which no call is made or under way. grpc-js's own idle limit does not see clients that never
 * send a preface when connections are injected.
 */
class IdleTimer implements CallObserver {
  #calls = 0;
  #idle: NodeJS.Timeout;
  readonly #life: NodeJS.Timeout;

  constructor(private readonly socket: Socket) {
    this.#idle = setTimeout(() => socket.destroy(), limits.idleMs);
    this.#life = setTimeout(() => socket.destroy(), limits.lifeMs);
  }

  begin(): void {
    this.#calls++;
    clearTimeout(this.#idle);
  }

  end(): void {
    this.#calls--;
    if (this.#calls > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.socket.destroy(), limits.idleMs);
  }

  stop(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#life);
  }
}

/** The descriptor of an accepted socket. Throws when the runtime does not tell: then nobody is served. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined;
  if (typeof fd !== "number" || fd < 0) throw new Error("accepted socket has no descriptor");
  return fd;
}
