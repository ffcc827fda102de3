import { chmodSync, lstatSync, mkdirSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { Attachments } from "../attachment/attachments.ts";
import type { OnStep } from "../attachment/executor.ts";
import { CniPlugins } from "../cni/cni-plugins.ts";
import type { ServerLimits } from "../contract/server-limits.ts";
import type { WorkerHealth } from "../contract/worker-calls.ts";
import { batchRunner } from "../filter/commands.ts";
import { Filter } from "../filter/filter.ts";
import { findHostEnd } from "../filter/host-end.ts";
import { Journal } from "../journal/journal.ts";
import { takeNamespaceLock } from "../namespace-lock.ts";
import { hostAddressing, isHostsAddress } from "../netlink/host-addressing.ts";
import { DescriptorPins, type PinStore } from "../netns/descriptor-pins.ts";
import { PinDirectory } from "../netns/pins.ts";
import { probePidfdSource } from "../peer/identify-peer.ts";
import { PortReservations } from "../ports/port-reservations.ts";
import { compileHotCode } from "../process/compile-hot-code.ts";
import { type Account, findAccount } from "../process/find-account.ts";
import { processStats } from "../process/process-stats.ts";
import { Collector } from "../residue/collector.ts";
import { takeServiceLock } from "../service-lock.ts";
import type { FileDescriptor } from "../sys/libc.ts";
import { closeOnExec, listenUnix } from "../sys/unix-listener.ts";
import { prepareAuditDirectory } from "./audit-directory.ts";
import { Clients } from "./clients.ts";
import { Fronts } from "./fronts.ts";
import { Networks } from "./networks.ts";
import { restorePins } from "./restore-pins.ts";
import { collectStrays } from "./strays.ts";
import { workerTable } from "./table.ts";

/** Where netd finds and keeps things; every path is the admin's. */
export interface WorkerOptions {
  readonly policyDir: string;
  readonly conflistDir: string;
  readonly pluginDir: string;
  /** State that dies with the boot: journal, pins, leases, socket, lock. */
  readonly runDir: string;
  readonly auditLog: string;
  /** How often the account names of the policy are looked up again. */
  readonly accountRefreshMs: number;
  /** Names the boot; another content means that nothing of the journal is there any more (F6). */
  readonly bootIdFile: string;
  readonly version: string;
  readonly limits: ServerLimits;
  /** The system user that the front runs as. */
  readonly frontUser: string;
  /** How this program starts as a front. */
  readonly frontCommand: readonly string[];
  /** One line for the admin (the service's journal). */
  readonly log: (line: string) => void;
  readonly onStep: OnStep;
  /** Called whenever what is served is the newest: after the start, and after each reload. */
  readonly onReady: () => void;
  /** Listening sockets that were handed over; those that are missing are made. */
  readonly sockets: { readonly users: number | undefined; readonly admin: number | undefined };
  /** Who keeps the pins of namespaces for the next netd, and what it has kept; undefined: the kernel, as mounts. */
  readonly pinStore: { readonly store: PinStore; readonly stored: ReadonlyMap<string, number> } | undefined;
}

/** A running netd. Disposing it ends it: no new call, the effects under way are finished or stay journaled. */
export interface Worker extends AsyncDisposable {
  /** Has the front load the configuration anew. */
  reload(): void;
  /** Kills the front, for tests of crashes. */
  killFront(): void;
  /** Rejects when the service cannot go on. */
  readonly failed: Promise<never>;
}

const reapIntervalMs = 100;
/** A plugin of a dead netd is ended by its own time limit before this. */
const lockWaitMs = 45_000;

/**
 * Starts the service: lock, journal, recovery, socket, front, in this order, so that nobody is served before the machine
 * is what the journal says. Throws when it cannot serve at all.
 */
export async function runWorker(options: WorkerOptions): Promise<Worker> {
  await using stack = new AsyncDisposableStack();
  const account = await frontAccount(options.frontUser);
  const paths = openRunDirectory(options.runDir);
  const lock = stack.use(
    await takeServiceLock(
      paths.lock,
      options.sockets.users === undefined ? paths.socket : undefined,
      lockWaitMs,
    ),
  );
  stack.use(takeNamespaceLock(options.log));
  const bootId = readFileSync(options.bootIdFile, "utf8").trim();
  prepareAuditDirectory(options.auditLog, account);
  const journal = stack.use(new Journal(paths.journal));
  const pins = options.pinStore
    ? new DescriptorPins(paths.pins, options.pinStore.store, options.pinStore.stored)
    : new PinDirectory(paths.pins);
  pins.open();
  restorePins(journal.all(), pins, bootId);
  const plugins = new CniPlugins({
    pluginDir: options.pluginDir,
    leaseDir: paths.leases,
    lockFd: lock.fd,
    onStep: options.onStep,
  });
  const filter = stack.use(new Filter({ runBatch: batchRunner(lock.fd), report: options.log }));
  const ports = stack.use(new PortReservations());
  const { onStep } = options;
  const machine = { journal, pins, plugins, filter, ports, findHostEnd, isHostsAddress, onStep };
  const listener = listenOn(stack, options.sockets.users, paths.socket, 0o666);
  const adminListener = listenOn(stack, options.sockets.admin, paths.adminSocket, 0o600);
  const networks = new Networks({
    directory: options.conflistDir,
    selfTest: (conflist) => plugins.selfTest(conflist),
    hostAddressing,
    devicesOf: (network) =>
      journal
        .all()
        .flatMap(({ plan, hostEnd }) => (plan.network === network && hostEnd ? [hostEnd.name] : [])),
  });
  const source = probePidfdSource();
  const clients = new Clients(listener, source);
  const admins = new Clients(adminListener, source);
  const { policyDir, auditLog, version, limits, accountRefreshMs, log } = options;
  const fronts = new Fronts({
    command: options.frontCommand,
    account,
    listener,
    adminListener,
    log,
    settings: { policyDir, auditLog, bootId, version, limits, accountRefreshMs },
  });
  const attachments = new Attachments({ machine, bootId, events: fronts.events });
  await attachments.recover();
  collectStrays({ leaseDir: paths.leases, journal, pins, log });
  const collector = new Collector({
    machine,
    leaseDir: paths.leases,
    bridges: () => networks.bridges(),
    whileIdle: (look) => attachments.whileIdle(look),
  });
  const health = (): WorkerHealth => ({
    process: processStats(),
    turnsWaiting: attachments.turnsWaiting,
    frontStarts: fronts.starts,
    heals: filter.heals,
    pluginFailures: Object.fromEntries(plugins.failures),
    lostPorts: attachments.lostPorts(),
    journalFault: journal.fault(),
    quarantined: journal.findings.quarantined,
    damagedJournals: journal.findings.movedAside,
  });
  compileHotCode();
  const reaping = setInterval(() => attachments.reap(), reapIntervalMs);
  await fronts.start({
    attachments: () => attachments.all(),
    tableFor: (front, isReady) => {
      const onReady = () => {
        isReady();
        options.onReady();
      };
      const { alive } = fronts;
      return workerTable({
        clients,
        admins,
        networks,
        attachments,
        collector,
        front,
        health,
        onReady,
        alive,
      });
    },
  });
  const checked = attachments.checkAll();
  const running = stack.move();
  return {
    reload: () => fronts.tell({ tell: "reload" }),
    killFront: () => fronts.kill(),
    failed: fronts.failed,
    [Symbol.asyncDispose]: async () => {
      fronts.tell({ tell: "close" });
      clearInterval(reaping);
      await attachments[Symbol.asyncDispose]();
      await checked;
      await fronts.end();
      await running.disposeAsync();
    },
  };
}

async function frontAccount(name: string): Promise<Account> {
  const account = await findAccount(name);
  if (!account)
    throw new Error(
      `there is no user ${name}, as which the part that talks to users runs: ` +
        `useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin ${name}`,
    );
  if (account.uid === 0 || account.gid === 0)
    throw new Error(`user ${name} is root, or of root's group: the part that talks to users must not be`);
  return account;
}

function openRunDirectory(runDir: string) {
  mkdirSync(runDir, { recursive: true });
  // Everybody may connect to the socket in it; nobody else may put anything there (P6).
  chmodSync(runDir, 0o755);
  const paths = {
    socket: join(runDir, "netd.sock"),
    adminSocket: join(runDir, "admin.sock"),
    lock: join(runDir, "lock"),
    journal: join(runDir, "journal.db"),
    pins: join(runDir, "ns"),
    leases: join(runDir, "leases"),
  };
  mkdirSync(paths.leases, { recursive: true, mode: 0o700 });
  return paths;
}

/** The socket that was handed over, which stays when this ends, or one of our own. */
function listenOn(
  stack: AsyncDisposableStack,
  given: number | undefined,
  path: string,
  mode: number,
): FileDescriptor {
  if (given !== undefined) return stack.use(closeOnExec(given));
  const own = stack.use(listenAnew(path, mode));
  stack.defer(() => unlinkSync(path));
  return own;
}

/** A socket with exactly these permissions. The service's lock is held: a socket that lies there is a dead netd's (P7). */
function listenAnew(path: string, mode: number): FileDescriptor {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found && !found.isSocket()) throw new Error(`${path}: is there already and is no socket; move it away`);
  if (found) unlinkSync(path);
  // The mode comes from the umask at bind(2): a later chmod would leave a moment in which it is wrong (P7).
  const before = process.umask(0o777 & ~mode);
  try {
    return listenUnix(path);
  } finally {
    process.umask(before);
  }
}
