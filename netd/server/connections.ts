import type { Socket } from "node:net";
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from "@grpc/grpc-js";
import { netdService } from "../../proto/service.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { ServerLimits } from "../contract/server-limits.ts";
import { messageOf } from "../errors.ts";
import { TokenBuckets } from "../fairness/token-bucket.ts";
import type { Caller } from "../front/caller.ts";
import type { WorkerClient } from "../front/worker-client.ts";
import { connectionIdentity } from "../peer/connection.ts";
import { CallLimits } from "./call-limits.ts";
import { type CallObserver, handlersFor, type Service } from "./handlers.ts";
import { fixedLimits } from "./limits.ts";
import { descriptorOf } from "./listener.ts";
import { MeteredStream } from "./metered-stream.ts";

// It would write into the service's log what clients send, byte for byte (R16).
setLogVerbosity(logVerbosity.NONE);

const channelOptions = {
  "grpc.max_receive_message_length": fixedLimits.messageBytes,
  "grpc.max_send_message_length": 1 << 20,
  "grpc.max_concurrent_streams": fixedLimits.streams,
  "grpc-node.max_session_memory": 1,
};

/** Why a connection was not served. */
export type ConnectionRefusal = "identity" | "per-user" | "total" | "rate";

export interface ConnectionsOptions {
  readonly service: Service;
  readonly worker: WorkerClient;
  readonly audit: AuditLog;
  readonly limits: ServerLimits;
  readonly onRefused: (why: ConnectionRefusal) => void;
}

/** Accepts connections, each with a server of its own that knows its peer. */
export class Connections implements Disposable {
  readonly #open = new Map<Socket, () => void>();
  readonly #perUid = new Map<number, number>();
  readonly #connecting: TokenBuckets;
  readonly #sending = new TokenBuckets(fixedLimits.sending);
  readonly #calls: CallLimits;

  constructor(private readonly options: ConnectionsOptions) {
    this.#connecting = new TokenBuckets(options.limits.connecting);
    this.#calls = new CallLimits(options.limits);
  }

  get openCount(): number {
    return this.#open.size;
  }

  /**
   * For the `connection` event. What is counted by is read here and now (P3); who it really is only the worker can find
   * out, and until it has, no call is answered. What costs most is done last: a user with too many connections gets no
   * further than the counting (Q4).
   */
  accept(socket: Socket): void {
    socket.on("error", destroyFailed);
    let uid: number;
    let connection: Caller["connection"];
    try {
      ({ uid, connection } = connectionIdentity(descriptorOf(socket)));
    } catch (error) {
      this.#refuse(socket, "identity", messageOf(error));
      return;
    }
    const excess = this.#excessOf(uid);
    if (excess) {
      this.#refuse(socket, excess);
      return;
    }
    this.#perUid.set(uid, (this.#perUid.get(uid) ?? 0) + 1);
    const identity = this.options.worker
      .ask("identify", { connection })
      .then((facts) => this.#admitted({ ...facts, connection }));
    this.#serve(socket, uid, identity);
    identity.catch((error: unknown) =>
      this.#refuse(
        socket,
        "identity",
        messageOf(error instanceof Error && error.cause ? error.cause : error),
      ),
    );
  }

  /** P8: who speaks from inside of a container is heard only where a rule says so. */
  #admitted(caller: Caller): Caller {
    const mayBeNested = () => this.options.service.generation().mayBeNested(caller);
    if (caller.depth === 0 || mayBeNested()) return caller;
    throw new Error("peer is in a user namespace of its own (P8)");
  }

  #excessOf(uid: number): ConnectionRefusal | undefined {
    const { connections, connectionsPerUid } = this.options.limits;
    if (this.#open.size >= connections) return "total";
    if ((this.#perUid.get(uid) ?? 0) >= connectionsPerUid) return "per-user";
    return this.#connecting.of(uid).take() ? undefined : "rate";
  }

  /** One that is only too many is no line in the log: the metrics count it (Q9). */
  #refuse(socket: Socket, why: ConnectionRefusal, reason?: string): void {
    this.options.onRefused(why);
    if (reason !== undefined)
      this.options.audit.noteLimited({ event: "connection", reason: `refused: ${reason}` });
    socket.destroy();
  }

  #serve(socket: Socket, uid: number, identity: Promise<Caller>): void {
    const server = new Server(channelOptions);
    const idle = new IdleTimer(socket);
    const { service } = this.options;
    server.addService(netdService, handlersFor(identity, { service, limits: this.#calls, observer: idle }));
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
    const stream = new MeteredStream(socket, this.#sending.of(uid));
    stream.on("error", () => socket.destroy());
    injector.injectConnection(stream);
  }

  /** Closes all connections; their calls are abandoned, what they began is in the journal. */
  [Symbol.dispose](): void {
    for (const close of [...this.#open.values()]) close();
  }
}

function destroyFailed(this: Socket): void {
  this.destroy();
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
    this.#idle = setTimeout(() => socket.destroy(), fixedLimits.idleMs);
    this.#life = setTimeout(() => socket.destroy(), fixedLimits.lifeMs);
  }

  begin(): void {
    this.#calls++;
    clearTimeout(this.#idle);
  }

  end(): void {
    this.#calls--;
    if (this.#calls > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.socket.destroy(), fixedLimits.idleMs);
  }

  stop(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#life);
  }
}
