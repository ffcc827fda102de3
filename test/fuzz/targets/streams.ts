import type { Random } from "../../fixtures/random.ts";
import {
  encodeFrames,
  encodeHeaders,
  type Frame,
  flag,
  frameType,
  mutateFrames,
  preface,
} from "../frames.ts";
import type { Target } from "../fuzz.ts";
import { requestDictionary } from "../requests.ts";
import { mutateBody, soundCalls } from "./calls.ts";

const settings: Frame = { type: frameType.settings, flags: 0, stream: 0, payload: Buffer.of() };

const dictionary: readonly Buffer[] = [
  preface,
  // Fields of the static table, an index that there is not, a change of the table's size (RFC 7541, 6).
  Buffer.of(0x83, 0x86),
  Buffer.of(0xff, 0xff, 0xff, 0xff, 0x0f),
  Buffer.of(0x3f, 0xe1, 0xff, 0x03),
  encodeHeaders([["X-Upper", "1"]]),
  encodeHeaders([["connection", "close"]]),
  encodeHeaders([["", ""]]),
  encodeHeaders([["a\0b", "c\nd"]]),
  encodeHeaders([["x", "y".repeat(4000)]]),
  encodeHeaders([[":path", "/"]]),
  ...requestDictionary,
];

/**
 * Everything that a connection to the front is sent: preface, frames, header blocks, gRPC messages.
 * @param places descriptors that the caller has open
 */
export function streamsForm(places: Readonly<Record<string, number>>): Omit<Target, "run"> {
  return {
    name: "streams",
    mostBytes: 8000,
    seeds: soundCalls(places).map(({ headers, body }) => {
      const block = {
        type: frameType.headers,
        flags: flag.endHeaders,
        stream: 1,
        payload: encodeHeaders(headers),
      };
      const data = { type: frameType.data, flags: flag.endStream, stream: 1, payload: body };
      return Buffer.concat([preface, encodeFrames([settings, block, data])]);
    }),
    dictionary,
    mutate: (input, random) => mutateFrames(input, random, mutatePayload),
  };
}

function mutatePayload({ type, payload }: Frame, random: Random): Buffer {
  if (type === frameType.data) return mutateBody(payload, random);
  const at = random.below(payload.length + 1);
  return Buffer.concat([
    payload.subarray(0, at),
    random.pick(dictionary) ?? Buffer.of(),
    payload.subarray(at),
  ]);
}
