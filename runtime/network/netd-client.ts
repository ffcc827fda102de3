import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import type { AttachRequest } from "../../proto/generated/types/cntnr/netd/v1/AttachRequest.ts";
import type { AttachResponse__Output } from "../../proto/generated/types/cntnr/netd/v1/AttachResponse.ts";
import type { ListResponse__Output } from "../../proto/generated/types/cntnr/netd/v1/ListResponse.ts";
import type { NetworksResponse__Output } from "../../proto/generated/types/cntnr/netd/v1/NetworksResponse.ts";
import { type NetdMethod, netdService, refusalKey } from "../../proto/service.ts";
import { CntnrError, type ErrorCode, hasErrno } from "../errors/cntnr-error.ts";
import { netdSocketPath } from "./netd-socket.ts";

/** Longest wait for an answer; an attach runs plugins, each with 30 s of its own. */
const deadlineMs = 90_000;
/** How long we stand in line when netd has as many connections of ours as it takes; the hook's own limit is 60 s. */
const patienceMs = 30_000;
const shortestPauseMs = 50;
const longestPauseMs = 500;

/** A connection to cntnr-netd: dispose it. Every method throws CntnrError. */
export interface NetdClient extends Disposable {
  attach(request: AttachRequest): Promise<AttachResponse__Output>;
  detach(attachmentId: string): Promise<void>;
  list(): Promise<ListResponse__Output>;
  networks(): Promise<NetworksResponse__Output>;
}

/**
 * Connects to the socket that $CNTNR_NETD_SOCKET names, else to the usual one. Throws when it is not root's (P6). When `signal` is given,
 * calls throw its reason.
 */
export function connectNetd(env: NodeJS.ProcessEnv, signal?: AbortSignal): NetdClient {
  const socket = netdSocketPath(env);
  requireRootsSocket(socket);
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": shortestPauseMs,
    "grpc.max_reconnect_backoff_ms": longestPauseMs,
  });
  const call = async <Request extends object, Response>(
    name: NetdMethod,
    request: Request,
  ): Promise<Response> => {
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      try {
        return await callOnce(client, name, request, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isServiceError(error)) throw error;
        if (!isTurnedAway(error) || performance.now() > giveUpAt) throw explain(error, socket);
        // The client connects again by itself, with pauses of its own; until then a call fails at once.
        await delay(shortestPauseMs);
      }
    }
  };
  return {
    attach: (request) => call("Attach", request),
    detach: async (attachmentId) => {
      await call("Detach", { attachmentId });
    },
    list: () => call("List", {}),
    networks: () => call("Networks", {}),
    [Symbol.dispose]: () => client.close(),
  };
}

function callOnce<Request extends object, Response>(
  client: Client,
  name: NetdMethod,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Response> {
  signal?.throwIfAborted();
  const method = netdService[name];
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const call = client.makeUnaryRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    { deadline: Date.now() + deadlineMs },
    (error, response) => (error ? reject(error) : resolve(response as Response)),
  );
  const cancel = () => call.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return promise.finally(() => signal?.removeEventListener("abort", cancel));
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

/**
 * netd took the connection and closed it at once, as it does when there are too many: the call was never sent, so that it is safe to
 * come again. One that is not there at all refuses the connection, and one that ends drops it.
 */
function isTurnedAway({ code, details }: ServiceError): boolean {
  if (code !== status.UNAVAILABLE || !details.startsWith("No connection established")) return false;
  return !/ECONNREFUSED|ENOENT/.test(details);
}

/**
 * P6: whoever may write to the socket's directory may put a socket of his own there; so the directory has to be
 * root's alone, and the socket too.
 */
function requireRootsSocket(socket: string): void {
  try {
    const directory = lstatSync(dirname(socket));
    const file = lstatSync(socket);
    const isRoots =
      directory.uid === 0 && (directory.mode & 0o022) === 0 && file.uid === 0 && file.isSocket();
    if (isRoots) return;
  } catch (error) {
    if (!hasErrno(error, "ENOENT", "ENOTDIR", "EACCES")) throw error;
    throw new CntnrError(
      "unavailable",
      `cntnr-netd is not running here (no socket ${socket}): use --network host or none, or ask the administrator`,
      { cause: error },
    );
  }
  throw new CntnrError(
    "not-permitted",
    `${socket}: not a socket of root's in a directory of root's: not trusted`,
  );
}

const codeOf: Partial<Record<status, ErrorCode>> = {
  [status.PERMISSION_DENIED]: "not-permitted",
  [status.RESOURCE_EXHAUSTED]: "not-permitted",
  [status.INVALID_ARGUMENT]: "usage",
  [status.ALREADY_EXISTS]: "conflict",
  [status.UNAVAILABLE]: "unavailable",
  [status.DEADLINE_EXCEEDED]: "timeout",
};

function explain(error: ServiceError, socket: string): CntnrError {
  const code = codeOf[error.code] ?? "engine";
  if (isTurnedAway(error))
    return new CntnrError(code, `cntnr-netd takes no more connections at ${socket}: try again later`, {
      cause: error,
    });
  const isAnswer = error.metadata.get(refusalKey).length > 0;
  if (error.code === status.UNAVAILABLE && !isAnswer)
    return new CntnrError(code, `cntnr-netd does not answer at ${socket}: ask the administrator`, {
      cause: error,
    });
  return new CntnrError(code, error.details, { cause: error });
}
