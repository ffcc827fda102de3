import { type handleUnaryCall, Metadata, status } from "@grpc/grpc-js";
import type { NetdHandlers } from "../../proto/generated/types/cntnr/netd/v1/Netd.ts";
import { refusalKey } from "../../proto/service.ts";
import { messageOf, Refusal, type RefusalCode } from "../errors.ts";
import { parseAttachmentId, parseAttachRequest } from "../front/attach-request.ts";
import { type Caller, ownAttachments } from "../front/caller.ts";
import type { Generation } from "../front/generation.ts";
import type { KnownAttachments } from "../front/known-attachments.ts";
import type { Requests } from "../front/requests.ts";
import { usageOf } from "../front/usage.ts";
import type { CallLimits } from "./call-limits.ts";
import { fixedLimits } from "./limits.ts";
import { attachmentMessage, networkMessage } from "./messages.ts";

/** What the calls work on. */
export interface Service {
  readonly requests: Requests;
  readonly known: KnownAttachments;
  readonly generation: () => Generation;
  /** False while the newest policy could not be loaded. */
  readonly isPolicyCurrent: () => boolean;
  readonly version: string;
  /** Errors of netd's own making: for its log, never for the client. */
  readonly reportFault: (message: string) => void;
}

/** Told when a call begins and when its answer is ready. */
export interface CallObserver {
  begin(): void;
  end(): void;
}

const grpcStatus: Record<RefusalCode, status> = {
  invalid: status.INVALID_ARGUMENT,
  denied: status.PERMISSION_DENIED,
  conflict: status.ALREADY_EXISTS,
  exhausted: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  failed: status.INTERNAL,
};

/** What the calls of one connection work with. */
export interface CallContext {
  readonly service: Service;
  readonly limits: CallLimits;
  readonly observer: CallObserver;
}

/**
 * Everything that the caller at the other end of one connection can ask. No call is looked at before it is known who
 * that is; when that fails the connection is closed, and so are its calls.
 */
export function handlersFor(identity: Promise<Caller>, context: CallContext): NetdHandlers {
  const answer = answerWith(identity, context);
  const { service, limits } = context;
  const { requests, known, generation } = service;
  return {
    Attach: answer(async (caller, request, signal) => {
      const intent = parseAttachRequest(request);
      if (intent.checkOnly) {
        await requests.check(caller, intent);
        return { attachment: { network: intent.network, interface: intent.interface } };
      }
      await limits.admit(caller.uid, "attach", signal);
      return { attachment: attachmentMessage(await requests.attach(caller, intent, signal)) };
    }),
    Detach: answer(async (caller, request) => {
      const id = parseAttachmentId(request.attachmentId);
      if (id !== undefined) await requests.detach(caller, id);
      return {};
    }),
    List: answer(async (caller) => ({
      attachments: ownAttachments(caller, known.all()).map(attachmentMessage),
    })),
    Networks: answer(async (caller) => ({
      networks: generation()
        .grantsOf(caller)
        .map((grant) => networkMessage(grant, usageOf(known.all(), caller.uid, grant.facts))),
    })),
    Status: answer(async (caller) => ({
      version: service.version,
      policyCurrent: service.isPolicyCurrent(),
      attachments: ownAttachments(caller, known.all()).length,
    })),
  };
}

/** What tells a refusal from a connection that has failed. */
const refused = Metadata.fromHttp2Headers({ [refusalKey]: "1" });

type Answer = <Request, Response>(
  handle: (caller: Caller, request: Request, signal: AbortSignal) => Promise<Response>,
) => handleUnaryCall<Request, Response>;

/** One handler: the answer, or a refusal as a gRPC status; anything else is a fault that the client learns nothing of. */
function answerWith(identity: Promise<Caller>, { service, limits, observer }: CallContext): Answer {
  return (handle) => (call, callback) => {
    observer.begin();
    const end = endOfCall(call);
    const answer = async () => {
      const caller = await identity;
      await limits.admit(caller.uid, "other", end.signal);
      end.signal.throwIfAborted();
      return handle(caller, call.request, end.signal);
    };
    Promise.race([answer(), end.reached])
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          if (error instanceof Refusal)
            return callback({ code: grpcStatus[error.code], details: error.message, metadata: refused });
          service.reportFault(error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
          return callback({ code: status.INTERNAL, details: "internal error; the log of cntnr-netd has it" });
        },
      )
      .finally(() => {
        end.stop();
        observer.end();
      });
  };
}

/** The end of the caller's interest, or of the service's patience, whichever comes first (Q2). */
function endOfCall(call: { on(event: "cancelled", listener: () => void): unknown }) {
  const abort = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const give = (refusal: Refusal) => {
    abort.abort(refusal);
    reject(refusal);
  };
  const timer = setTimeout(
    () => give(new Refusal("unavailable", "it takes too long: cntnr-netd is busy; try again later")),
    fixedLimits.callMs,
  );
  call.on("cancelled", () => give(new Refusal("unavailable", "the caller has gone")));
  promise.catch(() => undefined); // Also when nobody waits for it any more.
  return { signal: abort.signal, reached: promise, stop: () => clearTimeout(timer) };
}
