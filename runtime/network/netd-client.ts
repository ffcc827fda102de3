import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import type { AttachRequest } from "../../proto/generated/types/cntnr/netd/v1/AttachRequest.ts";
import type { AttachResponse__Output } from "../../proto/generated/types/cntnr/netd/v1/AttachResponse.ts";
import type { ListResponse__Output } from "../../proto/generated/types/cntnr/netd/v1/ListResponse.ts";
import type { NetworksResponse__Output } from "../../proto/generated/types/cntnr/netd/v1/NetworksResponse.ts";
import { type NetdMethod, netdService } from "../../proto/service.ts";
import { CntnrError, type ErrorCode, hasErrno } from "../errors/cntnr-error.ts";
import { netdSocketPath } from "./netd-socket.ts";

/** Longest wait for an answer; an attach runs plugins, each with 30 s of its own. */
const deadlineMs = 90_000;

/** A connection to cntnr-netd: dispose it. Every method throws CntnrError. */
export interface NetdClient extends Disposable {
  attach(request: AttachRequest): Promise<AttachResponse__Output>;
  detach(attachmentId: string): Promise<void>;
  list(): Promise<ListResponse__Output>;
  networks(): Promise<NetworksResponse__Output>;
}

/** Connects to the socket that $CNTNR_NETD_SOCKET names, else to the usual one. Throws when it is not root's (P6). */
export function connectNetd(env: NodeJS.ProcessEnv): NetdClient {
  const socket = netdSocketPath(env);
  requireRootsSocket(socket);
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.enable_retries": 0,
  });
  const call = <Request extends object, Response>(name: NetdMethod, request: Request): Promise<Response> => {
    const method = netdService[name];
    const options = { deadline: Date.now() + deadlineMs };
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response?: object) =>
        error ? reject(explain(error, socket)) : resolve(response as Response);
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        options,
        done,
      );
    });
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
  if (error.code === status.UNAVAILABLE)
    return new CntnrError(code, `cntnr-netd does not answer at ${socket}: ask the administrator`, {
      cause: error,
    });
  return new CntnrError(code, error.details, { cause: error });
}
