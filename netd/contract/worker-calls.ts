import type { JSONSchemaType } from "ajv";
import type { ProcessStats } from "../process/process-stats.ts";
import type { AttachmentFacts, NetnsIdentity } from "./attachment.ts";
import { type AttachmentPlan, networkNamePattern, planSchema } from "./plan.ts";
import { type CollectOrder, type ResidueReport, residueKinds } from "./residue-report.ts";

/**
 * A client's connection: its descriptor in the front, from where the worker takes a duplicate, and the number that the
 * kernel gave that socket (SO_COOKIE): a later socket with the same descriptor has another one.
 */
export interface ConnectionName {
  readonly fd: number;
  /** Decimal. */
  readonly cookie: string;
}

/** What the kernel says of a client. */
export interface CallerFacts {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** User namespaces between the initial one and its own: 0 for an ordinary process (P8). */
  readonly depth: number;
  /** Hints for the audit log, no identity (P1). */
  readonly pid: number;
  readonly exe?: string;
}

/** A network of the policy, and the file name of its conflist. */
export interface NetworkChoice {
  readonly network: string;
  readonly conflist: string;
}

/** What the front has to know of a conflist that the worker has read. */
export interface NetworkFacts {
  readonly network: string;
  readonly conflistHash: string;
  /** Types of the plugins in the chain. */
  readonly plugins: readonly string[];
  /** Where the network's addresses are leased from; `unknown` when only the plugins know. */
  readonly subnets: readonly SubnetFacts[] | "unknown";
  /** Addresses that an attachment gets. */
  readonly addressesEach: number;
  /** What the chain's plugins let be chosen. */
  readonly choices: readonly ("ips" | "mac")[];
  /** Lowest port of the host that the worker publishes. */
  readonly lowestPort: number;
  /** False where packets do not pass the host (macvlan), which the conflist says the admin accepts. */
  readonly isFiltered: boolean;
}

export interface SubnetFacts {
  /** Canonical prefix. */
  readonly range: string;
  /** The host's address in it; empty when it has none. */
  readonly gateway: string;
}

/** A namespace that was looked at. */
export interface NamespaceFacts extends NetnsIdentity {
  /** User namespaces between the initial one and its owner: 1 for an ordinary container (N6). */
  readonly depth: number;
}

/** How the worker does; for status and metrics. */
export interface WorkerHealth {
  readonly process: ProcessStats;
  /** Attaches and detaches that wait for their turn. */
  readonly turnsWaiting: number;
  readonly frontStarts: number;
  /** How often netd's tables were made anew because somebody else had changed them. */
  readonly heals: number;
  /** By type of plugin. */
  readonly pluginFailures: Readonly<Record<string, number>>;
  /** Ports that somebody has taken while no netd ran, in words for the administrator. */
  readonly lostPorts: readonly string[];
  /** Why the journal cannot be written, so that nothing is attached; undefined: it can. */
  readonly journalFault: string | undefined;
  /** Records of the journal that nobody can read. */
  readonly quarantined: readonly string[];
  /** Journals that were damaged as a whole, where they are now. */
  readonly damagedJournals: readonly string[];
}

/** Everything that the front can ask the worker for. The worker's table has one row for each. */
export interface WorkerCalls {
  readonly ready: { readonly request: Record<string, never>; readonly answer: Record<string, never> };
  readonly alive: { readonly request: Record<string, never>; readonly answer: Record<string, never> };
  readonly configure: {
    readonly request: { readonly networks: readonly NetworkChoice[] };
    readonly answer: { readonly networks: readonly NetworkFacts[] };
  };
  readonly identify: {
    readonly request: { readonly connection: ConnectionName };
    readonly answer: CallerFacts;
  };
  readonly look: {
    readonly request: {
      readonly connection: ConnectionName;
      readonly netnsFd: number;
      readonly leaseFd: number;
    };
    readonly answer: NamespaceFacts;
  };
  readonly attach: {
    readonly request: {
      readonly connection: ConnectionName;
      readonly netnsFd: number;
      readonly leaseFd: number;
      /** Made by the front: 32 lower-case hexadecimal digits. */
      readonly id: string;
      readonly idempotencyKey: string;
      readonly plan: AttachmentPlan;
    };
    readonly answer: AttachmentFacts;
  };
  readonly detach: {
    readonly request: { readonly connection: ConnectionName; readonly id: string };
    readonly answer: Record<string, never>;
  };
  readonly collect: {
    /** A connection of root's to the administrator's socket. */
    readonly request: CollectOrder & { readonly connection: ConnectionName };
    readonly answer: ResidueReport;
  };
  readonly takeBack: {
    readonly request: { readonly id: string };
    readonly answer: Record<string, never>;
  };
  readonly reap: { readonly request: Record<string, never>; readonly answer: Record<string, never> };
  readonly health: { readonly request: Record<string, never>; readonly answer: WorkerHealth };
  readonly endAny: {
    /** A connection of root's to the administrator's socket. */
    readonly request: { readonly connection: ConnectionName; readonly id: string };
    readonly answer: Record<string, never>;
  };
}

export type WorkerCallName = keyof WorkerCalls;
export type RequestOf<Name extends WorkerCallName> = WorkerCalls[Name]["request"];
export type AnswerOf<Name extends WorkerCallName> = WorkerCalls[Name]["answer"];

/** Networks of one policy. */
export const mostNetworks = 1024;
/** Above any sensible RLIMIT_NOFILE. */
export const highestDescriptor = 1 << 20;
const descriptor = { type: "integer", minimum: 0, maximum: highestDescriptor } as const;
const connection: JSONSchemaType<ConnectionName> = {
  type: "object",
  additionalProperties: false,
  required: ["fd", "cookie"],
  properties: { fd: descriptor, cookie: { type: "string", pattern: "^[1-9][0-9]{0,19}$" } },
};
const id = { type: "string", pattern: "^[0-9a-f]{32}$" } as const;
const nothing: JSONSchemaType<Record<string, never>> = {
  type: "object",
  additionalProperties: false,
  required: [],
};

/** What requests have to look like; the worker looks at nothing else of them before. */
export const requestSchemas: { readonly [Name in WorkerCallName]: JSONSchemaType<RequestOf<Name>> } = {
  ready: nothing,
  alive: nothing,
  reap: nothing,
  health: nothing,
  configure: {
    type: "object",
    additionalProperties: false,
    required: ["networks"],
    properties: {
      networks: {
        type: "array",
        maxItems: mostNetworks,
        items: {
          type: "object",
          additionalProperties: false,
          required: ["network", "conflist"],
          properties: {
            network: { type: "string", pattern: networkNamePattern },
            // A name in the worker's own directory, and nothing that leads out of it.
            conflist: { type: "string", pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$" },
          },
        },
      },
    },
  },
  identify: {
    type: "object",
    additionalProperties: false,
    required: ["connection"],
    properties: { connection },
  },
  look: {
    type: "object",
    additionalProperties: false,
    required: ["connection", "netnsFd", "leaseFd"],
    properties: { connection, netnsFd: descriptor, leaseFd: descriptor },
  },
  attach: {
    type: "object",
    additionalProperties: false,
    required: ["connection", "netnsFd", "leaseFd", "id", "idempotencyKey", "plan"],
    properties: {
      connection,
      netnsFd: descriptor,
      leaseFd: descriptor,
      id,
      idempotencyKey: { type: "string", pattern: "^[A-Za-z0-9_.-]{1,128}$" },
      plan: planSchema,
    },
  },
  detach: {
    type: "object",
    additionalProperties: false,
    required: ["connection", "id"],
    properties: { connection, id },
  },
  endAny: {
    type: "object",
    additionalProperties: false,
    required: ["connection", "id"],
    properties: { connection, id },
  },
  collect: {
    type: "object",
    additionalProperties: false,
    required: ["connection", "fix", "discardUnreadable"],
    properties: {
      connection,
      fix: { type: "array", maxItems: residueKinds.length, items: { type: "string", enum: residueKinds } },
      discardUnreadable: { type: "boolean" },
    },
  },
  takeBack: { type: "object", additionalProperties: false, required: ["id"], properties: { id } },
};
