import type { ImageDetails } from "../../runtime/image/image-details.ts";
import { familiarName, splitName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { formatOne } from "./format-template.ts";

/** `cntnr image inspect`: docker's JSON, or what a template makes of it. */
export async function imageInspect(context: CommandContext): Promise<number> {
  const { args } = context;
  const { images } = engineOf(context);
  const format = args.value("format");
  const found: object[] = [];
  const exitCode = await forEachName(args.positionals, async (name) => {
    const document = inspected(await images.inspect(name));
    if (format === undefined) found.push(document);
    else print(formatOne(document, format));
  });
  if (format === undefined) print(`${JSON.stringify(found, undefined, 4)}\n`);
  return exitCode;
}

/** Settings that an image does not have are there in docker's: templates name them. What is undefined is not in the JSON. */
const unsetSettings = {
  User: "",
  ExposedPorts: undefined,
  Env: null,
  Cmd: null,
  Healthcheck: undefined,
  Volumes: null,
  WorkingDir: "",
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
  StopSignal: undefined,
  Shell: undefined,
};

/** An image as docker's API has it (ImageInspect), as far as it makes sense here. */
export function inspected({
  descriptor,
  manifest,
  config,
  names,
  layerBytes,
  unpacked,
}: ImageDetails): object {
  const { architecture, os, created, author, rootfs, history, config: settings, ...rest } = config;
  const shown = names.map(familiarName);
  const repositories = new Set(names.map((name) => familiarName(splitName(name).repository)));
  const [top, ...lower] = unpacked.toReversed();
  return {
    Id: manifest.config.digest,
    RepoTags: shown.filter((name) => !name.includes("@")),
    RepoDigests: [...repositories].map((repository) => `${repository}@${descriptor.digest}`),
    Parent: "",
    Comment: history?.at(-1)?.comment ?? "",
    Created: created ?? "",
    DockerVersion: "",
    Author: author ?? "",
    Config: { ...unsetSettings, ...settings },
    Architecture: architecture,
    Variant: "variant" in rest ? rest.variant : undefined,
    Os: os,
    Size: layerBytes.reduce((sum, bytes) => sum + bytes, 0),
    GraphDriver: {
      Data: top === undefined ? null : { LowerDir: lower.join(":"), UpperDir: top },
      Name: "overlay",
    },
    RootFS: { Type: "layers", Layers: rootfs.diff_ids },
    Metadata: { LastTagTime: "0001-01-01T00:00:00Z" },
    Descriptor: { mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size },
  };
}
