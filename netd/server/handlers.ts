import { type handleUnaryCall, status } from "@grpc/grpc-js";
import type { Attachment } from "../../proto/generated/types/cntnr/netd/v1/Attachment.ts";
import type { NetdHandlers } from "../../proto/generated/types/cntnr/netd/v1/Netd.ts";
import { parseAttachmentId, parseAttachRequest } from "../attachment/attach-request.ts";
import type { Attachments } from "../attachment/attachments.ts";
import { resultOf } from "../attachment/executor.ts";
import type { NetworkPlugins } from "../attachment/network-plugins.ts";
import { messageOf, Refusal, type RefusalCode } from "../errors.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import type { Peer } from "../peer/identify-peer.ts";
import type { Generation } from "../policy-generation.ts";

/** What the calls work on. */
export interface Service {
  readonly attachments: Attachments;
  readonly plugins: NetworkPlugins;
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

/** Everything that the peer of one connection can ask. */
export function handlersFor(peer: Peer, service: Service, observer: CallObserver): NetdHandlers {
  const answer = answerWith(service, observer);
  const { attachments, plugins, generation } = service;
  return {
    Attach: answer(async (request) => {
      const intent = parseAttachRequest(request);
      if (intent.checkOnly) {
        await attachments.check(peer, intent);
        return { attachment: { network: intent.network, interface: intent.interface } };
      }
      return { attachment: describe(plugins, await attachments.attach(peer, intent)) };
    }),
    Detach: answer(async (request) => {
      const id = parseAttachmentId(request.attachmentId);
      if (id !== undefined) await attachments.detach(peer.uid, id);
      return {};
    }),
    List: answer(async () => ({
      attachments: attachments.ofUser(peer.uid).map((record) => describe(plugins, record)),
    })),
    Networks: answer(async () => ({
      networks: generation()
        .grantsOf(peer)
        .map((grant) => ({
          name: grant.network,
          attachmentsLimit: grant.attachments === "unlimited" ? 0 : grant.attachments,
          attachmentsUnlimited: grant.attachments === "unlimited",
          attachmentsUsed: attachments.used(peer.uid, grant.network),
          plugins: [...grant.plugins],
          grantedBy: grant.rule,
        })),
    })),
    Status: answer(async () => ({
      version: service.version,
      policyCurrent: service.isPolicyCurrent(),
      attachments: attachments.ofUser(peer.uid).length,
    })),
  };
}

type Answer = <Request, Response>(
  handle: (request: Request) => Promise<Response>,
) => handleUnaryCall<Request, Response>;

/** One handler: the answer, or a refusal as a gRPC status; anything else is a fault that the client learns nothing of. */
function answerWith(service: Service, observer: CallObserver): Answer {
  return (handle) => (call, callback) => {
    observer.begin();
    handle(call.request)
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          if (error instanceof Refusal)
            return callback({ code: grpcStatus[error.code], details: error.message });
          service.reportFault(error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
          return callback({ code: status.INTERNAL, details: "internal error; the log of cntnr-netd has it" });
        },
      )
      .finally(() => observer.end());
  };
}

const wireState = {
  attaching: "ATTACHMENT_STATE_ATTACHING",
  attached: "ATTACHMENT_STATE_ATTACHED",
  detaching: "ATTACHMENT_STATE_DETACHING",
} as const;

function describe(plugins: NetworkPlugins, record: AttachmentRecord): Attachment {
  const result = resultOf(plugins, record);
  return {
    id: record.id,
    network: record.network,
    interface: record.interface,
    mac: result?.mac ?? "",
    addresses: [...(result?.addresses ?? [])],
    gateways: [...(result?.gateways ?? [])],
    nameservers: [...(result?.nameservers ?? [])],
    searchDomains: [...(result?.searchDomains ?? [])],
    createdAt: Math.floor(record.createdAtMs / 1000),
    state: wireState[record.state],
  };
}
