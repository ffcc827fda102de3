import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { digestOfHex } from "../../../../runtime/image/digest.ts";
import {
  descriptorOf,
  layerMediaTypes,
  mediaType,
  parseConfig,
  parseIndex,
  parseManifest,
} from "../../../../runtime/image/oci-documents.ts";

const digest = digestOfHex("ab".repeat(32));
const descriptor = { mediaType: mediaType.manifest, digest, size: 1 };
const config = { mediaType: mediaType.config, digest, size: 2 };
const layer = { mediaType: layerMediaTypes.gzip, digest, size: 3 };
const manifest = { schemaVersion: 2, config, layers: [layer] };

const parse = (document: object, as = descriptor) => parseManifest(JSON.stringify(document), as);

describe("a manifest", () => {
  test("is taken with layers of every known kind", () => {
    const nondistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    const layers = [...Object.values(layerMediaTypes), nondistributable].map((type) => ({
      ...layer,
      mediaType: type,
    }));
    expect(parse({ ...manifest, mediaType: mediaType.manifest, layers }).layers).toHaveLength(4);
  });

  test.each([
    ["is an index, too (CVE-2021-41190)", { ...manifest, manifests: [] }, "corrupt"],
    ["says that it is an index", { ...manifest, mediaType: mediaType.index }, "corrupt"],
    ["has another schema", { ...manifest, schemaVersion: 1 }, "corrupt"],
    ["has no configuration", { schemaVersion: 2, layers: [] }, "corrupt"],
    ["has no layers", { schemaVersion: 2, config }, "corrupt"],
    ["is not of a container", { ...manifest, config: { ...config, mediaType: "text/plain" } }, "unsupported"],
    [
      "has a layer of an unknown type",
      { ...manifest, layers: [{ ...layer, mediaType: "x" }] },
      "unsupported",
    ],
    [
      "has an encrypted layer",
      { ...manifest, layers: [{ ...layer, mediaType: `${layer.mediaType}+encrypted` }] },
      "unsupported",
    ],
    [
      "has a digest that is a path (CVE-2024-3727)",
      { ...manifest, config: { ...config, digest: "sha256:../x" } },
      "corrupt",
    ],
    [
      "has a digest in capitals",
      { ...manifest, config: { ...config, digest: digest.toUpperCase() } },
      "corrupt",
    ],
    [
      "has a digest of another kind",
      { ...manifest, layers: [{ ...layer, digest: `sha512:${"0".repeat(128)}` }] },
      "corrupt",
    ],
    ["has a negative size", { ...manifest, layers: [{ ...layer, size: -1 }] }, "corrupt"],
    ["has a size that is no whole number", { ...manifest, layers: [{ ...layer, size: 1.5 }] }, "corrupt"],
    ["has a size beyond any file", { ...manifest, layers: [{ ...layer, size: 2 ** 60 }] }, "corrupt"],
  ])("is refused when it %s (B8)", (_, document, code) => {
    expect(() => parse(document)).toThrow(expect.objectContaining({ name: "CntnrError", code }));
  });

  test("is refused under the name of something else", () => {
    for (const type of [mediaType.index, "application/vnd.docker.distribution.manifest.v1+json", ""])
      expect(() => parse(manifest, { ...descriptor, mediaType: type as typeof mediaType.manifest })).toThrow(
        expect.objectContaining({ code: "unsupported" }),
      );
  });
});

describe("an index", () => {
  test("is refused when it is a manifest, too (CVE-2021-41190)", () => {
    for (const other of ["layers", "config"].map((key) => ({ schemaVersion: 2, manifests: [], [key]: [] })))
      if ("layers" in other)
        expect(() => parseIndex(JSON.stringify(other), "index.json")).toThrow("at once: refused");
  });

  test("may have entries that we know nothing of, as long as nobody asks for them", () => {
    const index = parseIndex(
      JSON.stringify({ schemaVersion: 2, manifests: [{ digest: "sha512:x" }, descriptor] }),
      "index.json",
    );
    const [unknown, known] = index.manifests;
    if (!unknown || !known) throw new Error("an entry is missing");
    expect(descriptorOf(known, "it").digest).toBe(digest);
    expect(() => descriptorOf(unknown, "it")).toThrow(expect.objectContaining({ code: "corrupt" }));
  });
});

describe("a configuration", () => {
  test("may leave out everything but the system, and say null for nothing", () => {
    const minimal = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } };
    const settings = { Env: null, Cmd: null, Labels: null, Volumes: null, ExposedPorts: null };
    for (const document of [minimal, { ...minimal, config: settings, created: null, history: null }])
      expect(parseConfig(JSON.stringify(document), digest)).toMatchObject({
        diffIds: [],
        config: { env: [], cmd: [], entrypoint: [], labels: {}, user: "" },
      });
  });
});

test("whatever a document says, it is refused with a CntnrError or taken", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(...Object.keys(manifest)), (text, key) => {
      const documents = [text, JSON.stringify({ ...manifest, [key]: JSON.parse(text) }), text.slice(1)];
      for (const document of documents)
        for (const parser of [
          () => parseManifest(document, descriptor),
          () => parseIndex(document, "index.json"),
          () => parseConfig(document, digest),
        ]) {
          try {
            parser();
          } catch (error) {
            expect(error).toMatchObject({ name: "CntnrError" });
          }
        }
    }),
    { numRuns: 1000 },
  );
});
