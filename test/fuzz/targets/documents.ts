import { CntnrError } from "../../../runtime/errors/cntnr-error.ts";
import { digestOfHex } from "../../../runtime/image/digest.ts";
import {
  type Descriptor,
  descriptorOf,
  dockerManifestType,
  mediaType,
  parseConfig,
  parseDockerManifest,
  parseIndex,
  parseManifest,
} from "../../../runtime/image/oci-documents.ts";
import type { Random } from "../../fixtures/random.ts";
import { kindOf, type Target } from "../fuzz.ts";

const hex = "0123456789abcdef".repeat(4);
const digest = digestOfHex(hex);
const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest, size: 7 };
const manifest = {
  schemaVersion: 2,
  mediaType: mediaType.manifest,
  config: { mediaType: mediaType.config, digest, size: 7 },
  layers: [layer],
};
const dockerManifest = {
  schemaVersion: 2,
  mediaType: dockerManifestType,
  config: { mediaType: "application/vnd.docker.container.image.v1+json", digest, size: 7 },
  layers: [{ ...layer, mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip" }],
};
const config = {
  architecture: "amd64",
  os: "linux",
  created: "2026-01-01T00:00:00Z",
  config: {
    Env: ["A=b"],
    Cmd: ["sh"],
    Entrypoint: null,
    User: "1:2",
    WorkingDir: "/",
    ExposedPorts: { "80/tcp": {} },
    Volumes: { "/v": {} },
    Labels: { a: "b" },
    StopSignal: "SIGINT",
    Healthcheck: { Test: ["CMD", "true"], Interval: 1e9 },
  },
  rootfs: { type: "layers", diff_ids: [digest] },
  history: [{ created_by: "x", empty_layer: true }],
};
const index = {
  schemaVersion: 2,
  manifests: [{ ...layer, mediaType: mediaType.manifest, annotations: { a: "b" } }],
};
const documents = [manifest, dockerManifest, config, index];

const values = [
  "null",
  "[]",
  "{}",
  "0",
  "-1",
  "1e400",
  "2",
  '""',
  '"x"',
  `"sha256:${hex}"`,
  '"sha256:../../x"',
  '{"__proto__":{}}',
  "true",
];

/** An image's documents: checked, or refused by an error of ours. */
export function documentsTarget(): Target {
  return {
    name: "documents",
    mostBytes: 16 * 1024,
    seeds: documents.map((document) => Buffer.from(JSON.stringify(document))),
    dictionary: [...values, ...Object.keys(config.config), "manifests", "layers", "__proto__"].map((text) =>
      Buffer.from(text),
    ),
    mutate: mutateValues,
    run: outcomeOf,
  };
}

/** Puts another value in the place of one, or another key in that of one. */
function mutateValues(input: Buffer, random: Random): Buffer {
  const text = input.toString();
  const places = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|true|false|null|\[\]|\{\}/g)];
  const place = random.pick(places);
  if (!place) return Buffer.from(random.pick(values) ?? "");
  const after = text.slice(place.index + place[0].length);
  return Buffer.from(`${text.slice(0, place.index)}${random.pick(values)}${after}`);
}

function outcomeOf(input: Buffer): string {
  const text = input.toString();
  const descriptor: Descriptor = { mediaType: mediaType.manifest, digest, size: input.length };
  const outcomes = [
    attempt(() => parseManifest(text, descriptor).layers.length),
    attempt(
      () => parseManifest(JSON.stringify(parseDockerManifest(text, descriptor)), descriptor).layers.length,
    ),
    attempt(() => settingsOf(parseConfig(text, digest))),
    attempt(
      () => parseIndex(text, "the index").manifests.map((entry) => descriptorOf(entry, "an entry")).length,
    ),
  ];
  return outcomes.join(" | ");
}

/** All that is taken from a configuration is of the kind that it is taken for. */
function settingsOf({
  config: { env, cmd, entrypoint, labels, user },
  diffIds,
}: ReturnType<typeof parseConfig>): number {
  const isText = [...env, ...cmd, ...entrypoint, ...Object.values(labels), user].every(
    (value) => typeof value === "string",
  );
  if (!isText || !diffIds.every((diffId) => /^sha256:[a-f0-9]{64}$/.test(diffId)))
    throw new Error("a setting of another kind");
  return Math.min(diffIds.length, 3);
}

function attempt(parse: () => number): string {
  try {
    return `good ${parse()}`;
  } catch (error) {
    if (error instanceof CntnrError)
      return kindOf(error.message.replaceAll(hex, "").replace(/ is not valid.*/s, " is not valid"));
    throw error;
  }
}
