import type { Socket } from "node:net";
import { AdminServer } from "../admin/admin-server.ts";
import type { AuditEvent } from "../audit/audit-event.ts";
import { AuditLog } from "../audit/audit-log.ts";
import { type FrontSettings, frontDescriptors, liveliness } from "../contract/messages.ts";
import { messageOf } from "../errors.ts";
import { NetdMetrics } from "../metrics/netd-metrics.ts";
import { compileHotCode } from "../process/compile-hot-code.ts";
import { Connections } from "../server/connections.ts";
import { Listener } from "../server/listener.ts";
import { outliveLostStreams } from "../server/lost-streams.ts";
import { Administration } from "./administration.ts";
import { KnownAttachments } from "./known-attachments.ts";
import { PolicyInForce } from "./policy-in-force.ts";
import { Requests } from "./requests.ts";
import { type Telling, WorkerClient } from "./worker-client.ts";

/**
 * The half of netd that talks to users: connections, gRPC, policy, decisions, audit log. It has a system user of its own
 * and no privilege; what is to be done it asks the worker for, which started it. Returns when the worker has told it to
 * end; throws when the worker is gone.
 * @param log one line for the admin
 */
export async function runFront(log: (line: string) => void): Promise<void> {
  const known = new KnownAttachments();
  const ended = Promise.withResolvers<void>();
  outliveLostStreams(ended.reject);
  let front: Promise<Front> | undefined;
  const worker = new WorkerClient(frontDescriptors.channel, {
    onEnd: (why) => ended.reject(new Error(`the worker: ${why}`)),
    onTelling: (telling) => {
      if (telling.tell === "attachment") known.set(telling.attachment);
      else if (telling.tell === "gone") known.remove(telling.id);
      else if (telling.tell === "begin")
        front = Front.start({ settings: telling.settings, worker, known, log });
      else front?.then((running) => running.hear(telling, ended.resolve)).catch(ended.reject);
      front?.catch(ended.reject);
    },
  });
  const living = setInterval(() => void worker.ask("alive", {}), liveliness.everyMs);
  await ended.promise;
  clearInterval(living);
}

interface FrontParts {
  readonly settings: FrontSettings;
  readonly worker: WorkerClient;
  readonly known: KnownAttachments;
  readonly log: (line: string) => void;
}

/** The worker waits longer for the end of the front. */
const finishMs = 2000;

/** A front that serves. */
class Front {
  /** Reloads one after the other: each takes the configuration as it is when its turn comes. */
  #reloaded: Promise<void> = Promise.resolve();
  readonly #audit: AuditLog;
  readonly #policy: PolicyInForce;
  readonly #metrics: NetdMetrics;
  readonly #connections: Connections;
  readonly #serving = new DisposableStack();

  private constructor(private readonly parts: FrontParts) {
    const { settings, worker, known, log } = parts;
    const onEvent = (event: AuditEvent) => this.#metrics.observe(event);
    this.#audit = new AuditLog({ path: settings.auditLog, bootId: settings.bootId, log, onEvent });
    this.#policy = new PolicyInForce({
      policyDir: settings.policyDir,
      configure: async (networks) => (await worker.ask("configure", { networks })).networks,
      audit: this.#audit,
      log,
    });
    const generation = () => this.#policy.generation;
    this.#metrics = new NetdMetrics({
      version: settings.version,
      attachments: () => known.all(),
      openConnections: () => this.#connections.openCount,
      audit: () => this.#audit.health,
      policy: () => this.#policy,
      hasNetwork: (name) => generation().hasNetwork(name),
    });
    this.#connections = new Connections({
      service: {
        requests: new Requests({ worker, known, audit: this.#audit, generation }),
        known,
        generation,
        isPolicyCurrent: () => this.#policy.isCurrent,
        version: settings.version,
        reportFault: (message: string) => log(`fault: ${message}`),
      },
      worker,
      audit: this.#audit,
      limits: settings.limits,
      onRefused: (why) => this.#metrics.connectionRefused(why),
    });
  }

  static async start(parts: FrontParts): Promise<Front> {
    const front = new Front(parts);
    await front.#policy.reload();
    // The service's process has an end, and this with it.
    setInterval(() => front.#policy.refreshAccounts(), parts.settings.accountRefreshMs).unref();
    compileHotCode();
    front.#serve();
    const reason = `version ${parts.settings.version}`;
    front.#audit.note({ event: "start", policyHash: front.#policy.generation.hash, reason });
    await parts.worker.ask("ready", {});
    return front;
  }

  hear(telling: Telling, end: () => void): void {
    switch (telling.tell) {
      case "event":
        this.#audit.note({ ...telling.event, policyHash: this.#policy.generation.hash });
        break;
      case "reload":
        void this.#reload();
        break;
      case "close":
        this.#serving[Symbol.dispose]();
        break;
      case "end":
        void this.#finish().then(end);
    }
  }

  /** What was under way has its last lines first. */
  async #finish(): Promise<void> {
    await this.parts.worker.settled(finishMs);
    this.#audit.note({ event: "stop" });
    this.#metrics[Symbol.dispose]();
    this.#audit[Symbol.dispose]();
  }

  #serve(): void {
    const { worker, known, settings, log } = this.parts;
    const onError = (error: Error) => log(`socket: ${error.message}`);
    const accept = (socket: Socket) => this.#connections.accept(socket);
    const administration = new Administration({
      version: settings.version,
      worker,
      known,
      policy: this.#policy,
      audit: this.#audit,
      metrics: this.#metrics,
      openConnections: () => this.#connections.openCount,
      reload: () => this.#reload(),
    });
    this.#serving.use(this.#connections);
    this.#serving.use(new Listener(frontDescriptors.listener, accept, onError));
    this.#serving.use(new AdminServer(frontDescriptors.admin, administration, log));
  }

  #reload(): Promise<void> {
    this.#reloaded = this.#reloaded.then(() => this.#reloadNow());
    return this.#reloaded;
  }

  async #reloadNow(): Promise<void> {
    // After a rotation the log has a new file. One that cannot be opened leaves the old one in use, which loses nothing.
    try {
      this.#audit.reopen();
    } catch (error) {
      this.parts.log(`audit log: goes on in the old file: ${messageOf(error)}`);
    }
    await this.#policy.reload();
    await this.parts.worker.ask("ready", {});
  }
}
