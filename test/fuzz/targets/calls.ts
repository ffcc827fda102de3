import { type NetdMethod, netdService } from "../../../proto/service.ts";
import type { Random } from "../../fixtures/random.ts";
import type { Target } from "../fuzz.ts";
import { mutateMessage } from "../protobuf.ts";
import { attachRequests, requestDictionary } from "../requests.ts";

/** A request over a sound HTTP/2 connection: a line for each header, an empty one, and the body. */
export interface CallInput {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

type Form = Omit<Target, "run">;

const headersOf = (path: string): CallInput["headers"] => [
  [":method", "POST"],
  [":path", path],
  [":scheme", "http"],
  [":authority", "localhost"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
];
const strangeHeaders: CallInput["headers"] = [
  [":method", "GET"],
  [":method", "CONNECT"],
  [":path", "/cntnr.netd.v1.Netd/Detach"],
  [":path", "/cntnr.netd.v1.Netd/Nothing"],
  [":path", "*"],
  [":path", `/${"x".repeat(3000)}`],
  [":scheme", "file"],
  ["content-type", "application/json"],
  ["content-type", "application/grpc+json"],
  ["grpc-encoding", "gzip"],
  ["grpc-encoding", "nonsense"],
  ["grpc-accept-encoding", "identity,deflate,gzip"],
  ["grpc-timeout", "1n"],
  ["grpc-timeout", "1m"],
  ["grpc-timeout", "99999999H"],
  ["grpc-timeout", "-1S"],
  ["grpc-timeout", "x"],
  ["cntnr-refusal", "1"],
  ["x-bin", "===="],
  ["cookie", "a=b; c=d"],
  ["content-length", "3"],
  ["expect", "100-continue"],
  ["trailer", "grpc-status"],
  ["x-long", "y".repeat(9000)],
];

/** A gRPC message on the wire: whether it is compressed, its length, itself. */
export function grpcMessage(message: Buffer, isCompressed = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(isCompressed & 0xff, 0);
  head.writeUInt32BE(length >>> 0, 1);
  return Buffer.concat([head, message]);
}

/** Requests of all methods, as `cntnr` makes them. */
export function soundCalls(places: Readonly<Record<string, number>>): readonly CallInput[] {
  const one = (method: NetdMethod, request: object): CallInput => ({
    headers: headersOf(netdService[method].path),
    body: grpcMessage(netdService[method].requestSerialize(request)),
  });
  return [
    ...attachRequests.map((request) => one("Attach", { ...request, ...places })),
    one("Detach", { attachmentId: "0123456789abcdef0123456789abcdef" }),
    one("List", {}),
    one("Networks", {}),
    one("Status", {}),
  ];
}

/** @param places descriptors that the caller has open */
export function callsForm(places: Readonly<Record<string, number>>): Form {
  return {
    name: "calls",
    mostBytes: 24_000,
    seeds: soundCalls(places).map(encodeCall),
    dictionary: requestDictionary,
    mutate: (input, random) => encodeCall(mutateCall(decodeCall(input), random)),
  };
}

function encodeCall({ headers, body }: CallInput): Buffer {
  const lines = headers.map(([name, value]) => `${name} ${value}\n`);
  return Buffer.concat([Buffer.from(`${lines.join("")}\n`, "latin1"), body]);
}

export function decodeCall(input: Buffer): CallInput {
  const end = input.indexOf("\n\n");
  const lines = input.subarray(0, Math.max(0, end)).toString("latin1").split("\n");
  const headers = lines.map((line): [string, string] => {
    const [name = "", ...rest] = line.split(" ");
    return [name, rest.join(" ")];
  });
  return { headers, body: input.subarray(end < 0 ? input.length : end + 2) };
}

function mutateCall({ headers, body }: CallInput, random: Random): CallInput {
  if (random.chance(25)) {
    const at = random.below(headers.length + 1);
    const header = random.pick(strangeHeaders) ?? ["x", ""];
    const without = headers.filter((_, index) => index !== at);
    const replaced = headers.filter(([name]) => name !== header[0]);
    return { headers: random.chance(20) ? without : [...replaced, header], body };
  }
  return { headers, body: mutateBody(body, random) };
}

/** Of a body that is one gRPC message, usually the message. */
export function mutateBody(body: Buffer, random: Random): Buffer {
  const message = body.subarray(5);
  const other = random.below(0x1_0000_0000);
  switch (random.below(12)) {
    case 0:
      return grpcMessage(message, random.below(256));
    case 1:
      return grpcMessage(
        message,
        0,
        random.of([0, 1, message.length + 1, 16_384, 16_385, 0xffff_ffff, other]),
      );
    case 2:
      return Buffer.concat([body, body]);
    case 3:
      return body.subarray(0, random.below(body.length + 1));
    default:
      return grpcMessage(mutateMessage(message, random, requestDictionary), body[0] ?? 0);
  }
}
