import { deepStrictEqual } from "node:assert";
import { frontLimits } from "../../../netd/contract/messages.ts";
import { type AttachmentPlan, planLimits } from "../../../netd/contract/plan.ts";
import { Refusal } from "../../../netd/errors.ts";
import { parseAttachmentId, parseAttachRequest } from "../../../netd/front/attach-request.ts";
import type { Generation } from "../../../netd/front/generation.ts";
import { contains, parseAddress, parseRange } from "../../../policy/address/address.ts";
import type { AttachRequest__Output } from "../../../proto/generated/types/cntnr/netd/v1/AttachRequest.ts";
import type { DetachRequest__Output } from "../../../proto/generated/types/cntnr/netd/v1/DetachRequest.ts";
import { type NetdMethod, netdService } from "../../../proto/service.ts";
import { labPolicy } from "../../unit/policy/policies.ts";
import { askedFor, caller, generationWith } from "../front-in-process.ts";
import { kindOf, type Target } from "../fuzz.ts";
import { mutateMessage } from "../protobuf.ts";
import { attachRequests, requestDictionary } from "../requests.ts";

const methods = Object.keys(netdService) as NetdMethod[];
const malformed = /^malformed request(: [a-z_0-9 ,.-]+| \(reference REF\))$/i;

/** All that can be granted, and that with bounds, so that what is beyond them can be told. */
const rule = `[allow everyone network:lab]
attachments = 8
addresses = 16
static-ips = 10.20.0.64/27, fd20::40/122
mac = chosen
ports = 8000-8999/tcp, 53/udp
host-ips = 192.0.2.1, 192.0.2.2, 2001:db8::1
`;

/** Bytes of a message of the contract, after one that says which: decoding, validation, decision, and the worker's form. */
export async function messagesTarget(): Promise<Target> {
  const generation = generationWith(await labPolicy(rule));
  const one = (method: NetdMethod, request: object) =>
    Buffer.concat([Buffer.of(methods.indexOf(method)), netdService[method].requestSerialize(request)]);
  return {
    name: "messages",
    mostBytes: 16_384,
    seeds: [
      ...attachRequests.map((request) => one("Attach", request)),
      one("Detach", { attachmentId: "0123456789abcdef0123456789abcdef" }),
      one("List", {}),
      one("Networks", {}),
      one("Status", {}),
    ],
    dictionary: requestDictionary,
    mutate: (input, random) =>
      Buffer.concat([input.subarray(0, 1), mutateMessage(input.subarray(1), random, requestDictionary)]),
    run: (input) => outcomeOf(generation, input),
  };
}

async function outcomeOf(generation: Generation, input: Buffer): Promise<string> {
  const method = methods[(input[0] ?? 0) % methods.length] ?? "Status";
  const { requestDeserialize: decode, requestSerialize: encode } = netdService[method];
  let message: object;
  try {
    message = decode(input.subarray(1));
  } catch (error) {
    if (error instanceof Error) return `${method} cannot be decoded: ${kindOf(error.message)}`;
    throw error;
  }
  // What was read is what was meant: written down and read again it is the same.
  deepStrictEqual(decode(encode(message)), message);
  if (method === "Detach") {
    const id = parseAttachmentId((message as DetachRequest__Output).attachmentId);
    return `Detach of ${id === undefined ? "nothing" : "an attachment"}`;
  }
  return method === "Attach" ? attachOutcome(generation, message as AttachRequest__Output) : method;
}

async function attachOutcome(generation: Generation, message: AttachRequest__Output): Promise<string> {
  try {
    const asked = await askedFor(generation, parseAttachRequest(message));
    if (!asked) return "Attach only decided";
    const { plan, lineBytes } = asked;
    requireGranted(plan);
    if (lineBytes >= frontLimits.lineBytes) throw new Error(`a line of ${lineBytes} bytes for the worker`);
    const { staticIps, ports, mac } = plan;
    const protocols = [...new Set(ports.map(({ protocol }) => protocol))].toSorted().join(" ");
    return `Attach with ${staticIps.length} addresses, ports ${protocols}${mac === "" ? "" : ", a MAC"}`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // N3, R16: one text for all denials, and never a byte of the caller's.
    if (
      error.code === "denied" &&
      !error.message.startsWith("you are not permitted to use it (reference REF")
    )
      throw new Error(`another text for a denial: ${error.message}`);
    if (error.code === "invalid" && !malformed.test(error.message))
      throw new Error(`a text that is not of netd's own: ${error.message}`);
    return `Attach ${error.code}: ${kindOf(error.message)}`;
  }
}

const granted = ["10.20.0.64/27", "fd20::40/122"].map((text) => parseRange(text));

/** Nothing that the rule does not give is ever in a plan, whatever was sent. */
function requireGranted({ network, staticIps, ports, mac, isolationGroup }: AttachmentPlan): void {
  const addresses = staticIps.map((text) => parseAddress(text));
  const isGiven = (address: (typeof addresses)[number]) =>
    address && granted.some((range) => range && contains(range, address));
  const isPort = ({ protocol, hostPort, hostIp }: AttachmentPlan["ports"][number]) =>
    ["192.0.2.1", "192.0.2.2", "2001:db8::1"].includes(hostIp) &&
    (protocol === "tcp" ? hostPort >= 8000 && hostPort <= 8999 : protocol === "udp" && hostPort === 53);
  const isSound =
    network === "lab" &&
    addresses.every(isGiven) &&
    ports.length <= planLimits.ports &&
    ports.every(isPort) &&
    /^(|[0-9a-f][02468ace](:[0-9a-f]{2}){5})$/.test(mac) &&
    isolationGroup === `user:${caller.uid}`;
  if (!isSound) throw new Error(`a plan that no rule gives: ${JSON.stringify({ staticIps, ports, mac })}`);
}
