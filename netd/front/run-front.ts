import { AuditLog } from "../audit/audit-log.ts";
import { type FrontSettings, frontDescriptors } from "../contract/messages.ts";
import { messageOf } from "../errors.ts";
import { Connections } from "../server/connections.ts";
import { defaultLimits } from "../server/limits.ts";
import { Listener } from "../server/listener.ts";
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
  await ended.promise;
}

interface FrontParts {
  readonly settings: FrontSettings;
  readonly worker: WorkerClient;
  readonly known: KnownAttachments;
  readonly log: (line: string) => void;
}

/** A front that serves. */
class Front {
  /** Reloads one after the other: each takes the configuration as it is when its turn comes. */
  #reloaded: Promise<void> = Promise.resolve();

  private constructor(
    private readonly audit: AuditLog,
    private readonly policy: PolicyInForce,
    private readonly connections: Connections,
    private readonly listener: Listener,
    private readonly log: (line: string) => void,
  ) {}

  static async start({ settings, worker, known, log }: FrontParts): Promise<Front> {
    const audit = new AuditLog({ path: settings.auditLog, bootId: settings.bootId, log });
    const policy = new PolicyInForce({
      policyDir: settings.policyDir,
      configure: async (networks) => (await worker.ask("configure", { networks })).networks,
      audit,
      log,
    });
    await policy.reload();
    // The service's process has an end, and this with it.
    setInterval(() => policy.refreshAccounts(), settings.accountRefreshMs).unref();
    const generation = () => policy.generation;
    const service = {
      requests: new Requests({ worker, known, audit, generation }),
      generation,
      isPolicyCurrent: () => policy.isCurrent,
      version: settings.version,
      reportFault: (message: string) => log(`fault: ${message}`),
    };
    const connections = new Connections({
      service,
      worker,
      audit,
      limits: defaultLimits,
      onRefused: () => undefined,
    });
    const listener = new Listener(
      frontDescriptors.listener,
      (socket) => connections.accept(socket),
      (error) => log(`socket: ${error.message}`),
    );
    audit.note({ event: "start", policyHash: generation().hash, reason: `version ${settings.version}` });
    await worker.ask("ready", {});
    return new Front(audit, policy, connections, listener, log);
  }

  hear(telling: Telling, end: () => void): void {
    switch (telling.tell) {
      case "event":
        this.audit.note({ ...telling.event, policyHash: this.policy.generation.hash });
        break;
      case "reload":
        this.#reloaded = this.#reloaded.then(() => this.#reload());
        break;
      case "close":
        this.listener[Symbol.dispose]();
        this.connections[Symbol.dispose]();
        break;
      case "end":
        this.audit.note({ event: "stop" });
        this.audit[Symbol.dispose]();
        end();
    }
  }

  async #reload(): Promise<void> {
    // After a rotation the log has a new file. One that cannot be opened leaves the old one in use, which loses nothing.
    try {
      this.audit.reopen();
    } catch (error) {
      this.log(`audit log: goes on in the old file: ${messageOf(error)}`);
    }
    await this.policy.reload();
  }
}
