import type { ServiceDefinition } from "@grpc/grpc-js";
import { cntnr } from "./generated/messages.js";
import type { NetdHandlers } from "./generated/types/cntnr/netd/v1/Netd.ts";

const packageName = "cntnr.netd.v1";

/** Fields that were not sent have their default; enums are names; 64-bit numbers are numbers. */
const conversion = { defaults: true, arrays: true, enums: String, longs: Number } as const;

function codec(name: string) {
  const type = cntnr.netd.v1[name];
  if (!type) throw new Error(`the contract has no message ${name}`);
  return {
    encode: (message: object): Buffer => Buffer.from(type.encode(type.fromObject(message)).finish()),
    decode: (bytes: Buffer): object => type.toObject(type.decode(bytes), conversion),
  };
}

function method(name: string) {
  const request = codec(`${name}Request`);
  const response = codec(`${name}Response`);
  return {
    path: `/${packageName}.Netd/${name}`,
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}

/** The service for grpc-js, server and client, without a parser of .proto files at run time. */
export const netdService = {
  Attach: method("Attach"),
  Detach: method("Detach"),
  List: method("List"),
  Networks: method("Networks"),
  Status: method("Status"),
} satisfies ServiceDefinition<NetdHandlers>;

/** Names of the calls of cntnr.netd.v1.Netd. */
export type NetdMethod = keyof typeof netdService;

/** Key in the trailing metadata of every refusal that netd itself has made: its text is then for the user. */
export const refusalKey = "cntnr-refusal";
