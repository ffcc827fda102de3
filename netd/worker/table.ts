import type { Attachments } from "../attachment/attachments.ts";
import type { AnswerOf, RequestOf, WorkerCallName, WorkerHealth } from "../contract/worker-calls.ts";
import { Refusal } from "../errors.ts";
import { takeLease } from "../netns/lease.ts";
import { NetnsRefused, takeNetns } from "../netns/verify-netns.ts";
import type { Peer } from "../peer/identify-peer.ts";
import type { Collector } from "../residue/collector.ts";
import type { FileDescriptor } from "../sys/libc.ts";
import type { Clients } from "./clients.ts";
import type { Networks } from "./networks.ts";
import { requireFit } from "./plan-checks.ts";

/** What the rows work on. */
export interface WorkerParts {
  readonly clients: Clients;
  readonly networks: Networks;
  /** Connections to the administrator's socket. */
  readonly admins: Clients;
  readonly attachments: Attachments;
  readonly collector: Collector;
  readonly health: () => WorkerHealth;
  /** The front's process, by a pidfd of the worker's own. */
  readonly front: FileDescriptor;
  readonly onReady: () => void;
  /** The front's event loop runs. */
  readonly alive: () => void;
}

type Handler<Name extends WorkerCallName> = (
  request: RequestOf<Name>,
) => AnswerOf<Name> | Promise<AnswerOf<Name>>;
export type WorkerTable = { readonly [Name in WorkerCallName]: Handler<Name> };

/**
 * How old an attachment may be that the front takes back, because it could not write it into the audit log, or because
 * its caller has gone before the answer: as old as a call may get.
 */
const takeBackMs = 90_000;

/**
 * Everything that the worker does for the front, and with it everything that somebody who has taken the front over can
 * have done. Requests have the form of their schemas; all that they say is checked here once more, by what the kernel
 * and root's own files say.
 */
export function workerTable(parts: WorkerParts): WorkerTable {
  const { clients, admins, networks, attachments, front, onReady } = parts;
  const peerOf = (request: RequestOf<"identify">) => clients.peerOf(front, request.connection);
  const requireRoot = (connection: RequestOf<"endAny">["connection"]) => {
    using peer = admins.peerOf(front, connection);
    if (peer.uid !== 0) throw new Refusal("denied", "only root may do that");
  };
  /** Attachments that this front has asked for, the oldest first, and when: it takes back no others. */
  const askedFor = new Map<string, number>();
  const isYoung = (askedAtMs: number) => Date.now() - askedAtMs < takeBackMs;
  const remember = (id: string) => {
    for (const [old, at] of askedFor) {
      if (isYoung(at)) break;
      askedFor.delete(old);
    }
    // By the id of one that is there it asks for nothing.
    if (!attachments.has(id)) askedFor.set(id, Date.now());
  };
  return {
    /** Clients are served from now on, or after a reload by the newest configuration. */
    ready: () => {
      onReady();
      return {};
    },

    /** The front does not hang: one that does not say so is ended (Q10). */
    alive: () => {
      parts.alive();
      return {};
    },

    /** Reads conflists from root's directory, by name: which of them, is all that the front has to say. */
    configure: async ({ networks: choices }) => ({ networks: await networks.configure(choices) }),

    /** Who is connected: the kernel's word (P1-P10). */
    identify: (request) => {
      using peer = peerOf(request);
      const { uid, gid, groups, pid, depth, exe } = peer;
      return { uid, gid, groups, pid, depth, ...(exe === undefined ? {} : { exe }) };
    },

    /** Whether these are a namespace of the client's own and a process in it (N1-N8, N10); nothing is done. */
    look: (request) => {
      using peer = peerOf(request);
      using netns = verified(() => takeNetns(peer, request.netnsFd));
      using _lease = verified(() => takeLease(peer, request.leaseFd, netns));
      return { inode: netns.inode, id: netns.id, depth: netns.depth };
    },

    /** Puts a namespace of a connected client on a network of root's, and takes all of it away when that fails. */
    attach: (request) => {
      using peer = peerOf(request);
      using netns = verified(() => takeNetns(peer, request.netnsFd));
      const { id, idempotencyKey, plan } = request;
      if (peer.depth !== plan.callerDepth || netns.depth !== plan.namespaceDepth)
        throw new Refusal("denied", "", {
          cause: new Error("decided for another depth of user namespaces (P8, N6)"),
        });
      const network = networks.networkOf(plan);
      requireFit(plan, network, attachments.loadOf(plan.network, peer.uid));
      const lease = verified(() => takeLease(peer, request.leaseFd, netns));
      remember(id);
      return attachments.attach({
        id,
        uid: peer.uid,
        idempotencyKey,
        netns,
        lease,
        plan,
        conflist: network.conflist.text,
      });
    },

    /** Ends an attachment of a connected client's; what is not its own does not exist for it (N12). */
    detach: async (request) => {
      using peer = peerOf(request);
      await attachments.detach(peer, request.id);
      return {};
    },

    /** Ends an attachment that this front has asked for just now, and that is in no log (Q9) or that nobody waits for any more. */
    takeBack: async ({ id }) => {
      const askedAtMs = askedFor.get(id);
      if (askedAtMs !== undefined && isYoung(askedAtMs))
        await attachments.end(id, "it could not be logged, or its caller has gone");
      return {};
    },

    /** Ends any attachment, for a connected administrator: it is the kernel that says that root is there. */
    endAny: async ({ connection, id }) => {
      requireRoot(connection);
      await attachments.end(id, "asked by the administrator");
      return {};
    },

    /** Looks for what belongs to no attachment, for a connected administrator, and takes away what that one wants. */
    collect: async ({ connection, ...order }) => {
      requireRoot(connection);
      return parts.collector.collect(order);
    },

    /** How the worker does: numbers only. */
    health: parts.health,

    /** Ends what belonged to processes that are gone, which the worker does by itself a moment later (N10). */
    reap: () => {
      attachments.reap();
      return {};
    },
  };
}

/** Turns what the kernel says against a descriptor into the one denial that clients see (N3). */
function verified<T extends Disposable | Peer>(take: () => T): T {
  try {
    return take();
  } catch (cause) {
    if (cause instanceof NetnsRefused) throw new Refusal("denied", "", { cause });
    throw cause;
  }
}
