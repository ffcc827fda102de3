import type { AttachmentFacts } from "../contract/attachment.ts";
import { type CollectOrder, type ResidueReport, residueKinds } from "../contract/residue-report.ts";
import type { ConnectionName } from "../contract/worker-calls.ts";
import { Refusal } from "../errors.ts";
import type { ServiceStatus } from "./status.ts";

/** What the administrator can have done and be told. */
export interface AdminService {
  status(): Promise<ServiceStatus>;
  metrics(): Promise<string>;
  attachments(): readonly AttachmentFacts[];
  /** Ends an attachment; false while that is still being tried. Throws Refusal. */
  detach(connection: ConnectionName, id: string): Promise<boolean>;
  /** Throws Refusal while records cannot be read. */
  collect(connection: ConnectionName, order: CollectOrder): Promise<ResidueReport>;
  reload(): Promise<{ readonly isCurrent: boolean; readonly fault: string | undefined }>;
}

export type AdminAnswer = { readonly status?: number } & (
  | { readonly json: unknown }
  | { readonly text: string }
);

interface AdminRequest {
  readonly service: AdminService;
  readonly connection: ConnectionName;
  /** What follows the route's own path. */
  readonly path: string;
  readonly query: URLSearchParams;
}

interface Route {
  readonly method: string;
  /** Ends with a slash when something follows. */
  readonly path: string;
  readonly handle: (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>;
}

const routes: readonly Route[] = [
  { method: "GET", path: "/status", handle: async ({ service }) => ({ json: await service.status() }) },
  { method: "GET", path: "/metrics", handle: async ({ service }) => ({ text: await service.metrics() }) },
  { method: "GET", path: "/attachments", handle: ({ service }) => ({ json: service.attachments() }) },
  {
    method: "GET",
    path: "/attachments/",
    handle: ({ service, path }) => ({ json: findAttachment(service, path) }),
  },
  {
    method: "DELETE",
    path: "/attachments/",
    handle: async ({ service, connection, path }) => {
      const { id } = findAttachment(service, path);
      const isGone = await service.detach(connection, id);
      return isGone ? { json: { id, state: "gone" } } : { status: 202, json: { id, state: "detaching" } };
    },
  },
  {
    method: "POST",
    path: "/gc",
    handle: async ({ service, connection, query }) => ({
      json: await service.collect(connection, collectOrder(query)),
    }),
  },
  {
    method: "POST",
    path: "/reload",
    handle: async ({ service }) => {
      const { isCurrent, fault } = await service.reload();
      return isCurrent ? { json: { loaded: true } } : { status: 409, json: { loaded: false, error: fault } };
    },
  },
];

/** `fix=pin,lease` and `discard=unreadable`; without them nothing is changed. */
function collectOrder(query: URLSearchParams): CollectOrder {
  const words = (query.get("fix") ?? "").split(",").filter((word) => word !== "");
  const fix = residueKinds.filter((kind) => words.includes(kind));
  const discard = query.get("discard") ?? "";
  if (fix.length !== words.length || !["", "unreadable"].includes(discard))
    throw new Refusal("invalid", `fix is a list of ${residueKinds.join(", ")}, and discard is unreadable`);
  return { fix, discardUnreadable: discard === "unreadable" };
}

/** The route of a request, and what its path says beyond it. */
export function findRoute(method: string, path: string): (Route & { readonly rest: string }) | undefined {
  const route = routes.find(
    (candidate) =>
      candidate.method === method &&
      (candidate.path.endsWith("/") ? path.startsWith(candidate.path) : path === candidate.path),
  );
  return route && { ...route, rest: path.slice(route.path.length) };
}

/** As much of an id as stands for it: who has forgotten the rest shall not end somebody else's attachment. */
const leastPrefix = 4;

/** By its id, or by a beginning of it that only one has. */
function findAttachment(service: AdminService, id: string): AttachmentFacts {
  if (id.length < leastPrefix)
    throw new Refusal("invalid", `write at least ${leastPrefix} characters of the attachment's id`);
  const [only, another] = service.attachments().filter((attachment) => attachment.id.startsWith(id));
  if (another) throw new Refusal("invalid", "several attachments begin like that: write more of the id");
  if (!only) throw new Refusal("invalid", "there is no such attachment");
  return only;
}
