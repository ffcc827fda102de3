import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { Attachments } from "./attachment/attachments.ts";
import type { OnStep } from "./attachment/executor.ts";
import { AuditLog } from "./audit/audit-log.ts";
import { CniPlugins } from "./cni/cni-plugins.ts";
import { removeStrayLeases } from "./cni/leases.ts";
import { messageOf } from "./errors.ts";
import { MasqueradeTable } from "./filter/masquerade-table.ts";
import { nftRunner } from "./filter/nft.ts";
import { Journal } from "./journal/journal.ts";
import { PinDirectory } from "./netns/pins.ts";
import { probePidfdSource } from "./peer/identify-peer.ts";
import { emptyGeneration, type Generation, loadGeneration } from "./policy-generation.ts";
import { Connections } from "./server/connections.ts";
import { listenOn } from "./server/listen.ts";
import { takeServiceLock } from "./service-lock.ts";

/** Where netd finds and keeps things; every path is the admin's. */
export interface DaemonOptions {
  readonly policyDir: string;
  readonly conflistDir: string;
  readonly pluginDir: string;
  /** State that dies with the boot: journal, pins, leases, socket, lock. */
  readonly runDir: string;
  readonly auditLog: string;
  /** Names the boot; another content means that nothing of the journal is there any more (F6). */
  readonly bootIdFile: string;
  readonly version: string;
  /** One line for the admin (the service's journal). */
  readonly log: (line: string) => void;
  readonly onStep: OnStep;
}

/** A running netd. Disposing it ends it: no new call, the effects under way are finished or stay journaled. */
export interface Daemon extends AsyncDisposable {
  /** Loads the configuration anew; keeps the last good one when it has a fault. */
  reload(): Promise<void>;
}

const reapIntervalMs = 100;
/** A plugin of a dead netd is ended by its own time limit before this. */
const lockWaitMs = 45_000;

/**
 * Starts the service: lock, journal, policy, recovery, socket, in this order, so that nobody is served before the
 * machine is what the journal says. Throws when it cannot serve at all.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  await using stack = new AsyncDisposableStack();
  const paths = openRunDirectory(options.runDir);
  const lock = stack.use(await takeServiceLock(paths.lock, paths.socket, lockWaitMs));
  const bootId = readFileSync(options.bootIdFile, "utf8").trim();
  const audit = stack.use(new AuditLog({ path: options.auditLog, bootId, log: options.log }));
  const journal = stack.use(new Journal(paths.journal));
  const pins = new PinDirectory(paths.pins);
  pins.open();
  const plugins = new CniPlugins({
    pluginDir: options.pluginDir,
    leaseDir: paths.leases,
    lockFd: lock.fd,
    onStep: options.onStep,
  });
  const policy = new PolicyInForce(options, plugins, audit);
  await policy.reload();

  const machine = {
    journal,
    pins,
    plugins,
    masquerade: new MasqueradeTable(nftRunner(lock.fd)),
    onStep: options.onStep,
  };
  const generation = () => policy.generation;
  const attachments = stack.use(new Attachments({ machine, audit, bootId, generation }));
  await attachments.recover();
  collectStrays(options, paths.leases, journal, pins);
  const reaping = setInterval(() => attachments.reap(), reapIntervalMs);
  stack.defer(() => clearInterval(reaping));

  const service = {
    attachments,
    plugins,
    generation,
    isPolicyCurrent: () => policy.isCurrent,
    version: options.version,
    reportFault: (message: string) => options.log(`fault: ${message}`),
  };
  const connections = new Connections(service, probePidfdSource(), audit);
  const server = await listenOn(paths.socket, (socket) => connections.accept(socket));
  stack.use(connections);
  stack.defer(() => closeServer(server));
  audit.note({ event: "start", policyHash: generation().hash, reason: `version ${options.version}` });
  const running = stack.move();
  return {
    reload: async () => {
      reopenLog(audit, options.log);
      await policy.reload();
    },
    [Symbol.asyncDispose]: () => {
      audit.note({ event: "stop" });
      return running.disposeAsync();
    },
  };
}

/** The generation in force, and whether it is the newest one. */
class PolicyInForce {
  generation: Generation = emptyGeneration();
  isCurrent = false;

  constructor(
    private readonly options: DaemonOptions,
    private readonly plugins: CniPlugins,
    private readonly audit: AuditLog,
  ) {}

  async reload(): Promise<void> {
    const { policyDir, conflistDir, log } = this.options;
    try {
      const selfTest = (conflist: Parameters<CniPlugins["selfTest"]>[0]) => this.plugins.selfTest(conflist);
      this.generation = await loadGeneration({ policyDir, conflistDir, selfTest });
      this.isCurrent = true;
      for (const warning of this.generation.warnings) log(`policy: warning: ${warning}`);
      this.audit.note({ event: "policy", policyHash: this.generation.hash, reason: "loaded" });
    } catch (error) {
      this.isCurrent = false;
      const kept =
        this.generation.hash === "" ? "everything is denied" : "the last good policy stays in force";
      log(`policy: not loaded, ${kept}:\n${messageOf(error)}`);
      this.audit.note({
        event: "policy",
        policyHash: this.generation.hash,
        reason: `not loaded: ${messageOf(error)}`,
      });
    }
  }
}

/** After a rotation the log has a new file. One that cannot be opened leaves the old one in use, which loses nothing. */
function reopenLog(audit: AuditLog, log: DaemonOptions["log"]): void {
  try {
    audit.reopen();
  } catch (error) {
    log(`audit log: goes on in the old file: ${messageOf(error)}`);
  }
}

function openRunDirectory(runDir: string) {
  mkdirSync(runDir, { recursive: true });
  // Everybody may connect to the socket in it; nobody else may put anything there (P6).
  chmodSync(runDir, 0o755);
  const paths = {
    socket: join(runDir, "netd.sock"),
    lock: join(runDir, "lock"),
    journal: join(runDir, "journal.db"),
    pins: join(runDir, "ns"),
    leases: join(runDir, "leases"),
  };
  mkdirSync(paths.leases, { recursive: true, mode: 0o700 });
  return paths;
}

/** Takes away what no journaled attachment explains: the residue of a crash between two steps (F2, F10). */
function collectStrays(options: DaemonOptions, leaseDir: string, journal: Journal, pins: PinDirectory): void {
  const { movedAside, quarantined } = journal.findings;
  if (movedAside !== undefined || quarantined.length > 0) {
    options.log(
      `journal: ${movedAside === undefined ? `${quarantined.length} broken records are in its table quarantine` : `was damaged and is now ${movedAside}`}; ` +
        "pins and leases that it does not know are kept, because containers may still use them",
    );
    return;
  }
  for (const id of pins.list()) if (!journal.get(id)) pins.unpin(id);
  for (const lease of removeStrayLeases(leaseDir, new Set(journal.all().map((record) => record.containerId))))
    options.log(`lease ${lease} belonged to nothing and is free again`);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
