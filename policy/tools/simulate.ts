import { Ajv, type JSONSchemaType } from "ajv";
import { decide } from "../decide.ts";
import { type AttachmentRequest, plainRequest } from "../decision/request.ts";
import type { Problem } from "../grammar/problem.ts";
import type { Policy, Subject } from "../policy.ts";
import { parsePortRequest } from "./request-text.ts";

/** A line of a file of requests: an object of JSON. */
interface RequestLine {
  /** A user's name; her uid and groups are looked up, unless `uid` and `gids` are given. */
  readonly user?: string;
  readonly uid?: number;
  readonly gids?: readonly number[];
  readonly network: string;
  readonly ips?: readonly string[];
  readonly mac?: string;
  /** As for `cntnr run -p`. */
  readonly ports?: readonly string[];
  readonly names?: boolean;
  /** In a user namespace inside another. */
  readonly nested?: boolean;
  readonly attachmentsUsed?: number;
  readonly addressesUsed?: number;
  readonly portsUsed?: number;
  readonly networkAttachmentsUsed?: number;
  /** What the admin wants to be decided. */
  readonly expect?: "allow" | "deny";
}

const count = { type: "integer", minimum: 0, maximum: 1_000_000, nullable: true } as const;
const id = { type: "integer", minimum: 0, maximum: 4294967294 } as const;
const schema: JSONSchemaType<RequestLine> = {
  type: "object",
  additionalProperties: false,
  required: ["network"],
  properties: {
    user: { type: "string", nullable: true },
    uid: { ...id, nullable: true },
    gids: { type: "array", items: id, nullable: true },
    network: { type: "string" },
    ips: { type: "array", items: { type: "string" }, nullable: true },
    mac: { type: "string", nullable: true },
    ports: { type: "array", items: { type: "string" }, nullable: true },
    names: { type: "boolean", nullable: true },
    nested: { type: "boolean", nullable: true },
    attachmentsUsed: count,
    addressesUsed: count,
    portsUsed: count,
    networkAttachmentsUsed: count,
    expect: { type: "string", enum: ["allow", "deny"], nullable: true },
  },
};

/** A request of a file, ready to be decided. */
export interface SimulatedRequest {
  readonly line: number;
  /** A name that still has to be looked up, or the numbers. */
  readonly asker: { readonly name: string } | { readonly subject: Subject };
  readonly request: AttachmentRequest;
  readonly expect: "allow" | "deny" | undefined;
}

/** What a policy decides about one line of a file. */
export interface SimulatedDecision {
  readonly line: number;
  readonly who: string;
  readonly network: string;
  readonly outcome: "allow" | "deny";
  /** The rule that allows it, or the reason of the denial. */
  readonly why: string;
  /** False when the line expects something else. */
  readonly isAsExpected: boolean;
}

/**
 * Reads a file of requests: an object of JSON on each line; empty lines and those that begin with # are left out.
 * Everything that is wrong is in `problems`.
 */
export function parseRequests(
  file: string,
  text: string,
): { requests: SimulatedRequest[]; problems: Problem[] } {
  const validate = new Ajv({ allErrors: true }).compile(schema);
  const problems: Problem[] = [];
  const requests = text.split("\n").flatMap((content, index) => {
    const line = index + 1;
    const problem = (message: string) => {
      problems.push({ file, line, column: 1, message });
      return [];
    };
    if (/^\s*(?:#|$)/.test(content)) return [];
    const value = parseJson(content);
    if (!validate(value)) {
      const [error] = validate.errors ?? [];
      return problem(describeError(error));
    }
    return requestOf(line, value) ?? problem(whyNoRequest(value));
  });
  return { requests, problems };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type SchemaError = NonNullable<ReturnType<Ajv["compile"]>["errors"]>[number];

function describeError(error: SchemaError | undefined): string {
  if (error?.keyword === "additionalProperties") return `unknown key ${error.params.additionalProperty}`;
  const where = error?.instancePath.slice(1).replaceAll("/", " ");
  if (where && error?.keyword === "enum")
    return `${where} must be ${error.params.allowedValues.join(" or ")}`;
  return where ? `${where} ${error?.message}` : `is not a request: ${error?.message ?? "not JSON"}`;
}

function requestOf(line: number, value: RequestLine): SimulatedRequest[] | undefined {
  const asker = askerOf(value);
  const ports = (value.ports ?? []).map(parsePortRequest);
  if (!asker || !ports.every((port) => port !== undefined)) return undefined;
  const request = {
    ...plainRequest,
    network: value.network,
    staticIps: value.ips ?? [],
    mac: value.mac,
    ports,
    names: value.names ?? false,
    namespaceDepth: plainRequest.namespaceDepth + (value.nested ? 1 : 0),
    attachmentsUsed: value.attachmentsUsed ?? 0,
    addressesUsed: value.addressesUsed ?? 0,
    portsUsed: value.portsUsed ?? 0,
    networkAttachmentsUsed: value.networkAttachmentsUsed ?? 0,
  };
  return [{ line, asker, request, expect: value.expect }];
}

function askerOf({ user, uid, gids }: RequestLine): SimulatedRequest["asker"] | undefined {
  if (user !== undefined) return uid === undefined && gids === undefined ? { name: user } : undefined;
  return uid !== undefined && gids !== undefined ? { subject: { uid, gids } } : undefined;
}

function whyNoRequest({ ports }: RequestLine): string {
  const wrong = ports?.find((port) => !parsePortRequest(port));
  return wrong === undefined
    ? "needs either user, or uid and gids"
    : `${JSON.stringify(wrong)} is no port: [IP:]PORT[:CONTAINERPORT][/PROTOCOL]`;
}

/**
 * Decides the requests of a file, each for itself: what is in use is what its line says.
 * @param subjectOf the numbers of a user; undefined for a user who does not exist
 */
export function simulate(
  policy: Policy,
  requests: readonly SimulatedRequest[],
  subjectOf: (name: string) => Subject | undefined,
): SimulatedDecision[] {
  return requests.map(({ line, asker, request, expect }) => {
    const subject = "name" in asker ? subjectOf(asker.name) : asker.subject;
    const who = "name" in asker ? asker.name : `#${asker.subject.uid}`;
    const { outcome, why } = subject
      ? judge(policy, subject, request)
      : { outcome: "deny" as const, why: "there is no such user" };
    const isAsExpected = expect === undefined || expect === outcome;
    return { line, who, network: request.network, outcome, why, isAsExpected };
  });
}

function judge(policy: Policy, subject: Subject, request: AttachmentRequest) {
  const decision = decide(policy, subject, request);
  const why = decision.outcome === "allow" ? decision.plan.rule : decision.reason.text;
  return { outcome: decision.outcome, why };
}
