import { basename, resolve } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import { isDigest } from "./digest.ts";

/** What a person calls an image, taken apart. */
export interface ImageReference {
  /**
   * `plain` has no transport: an image of the store, or else one of a registry. `docker`: a registry.
   * The others are files and directories.
   */
  readonly transport: "plain" | "docker" | "oci" | "oci-archive" | "docker-archive" | "dir";
  /** What skopeo copies from. */
  readonly source: string;
  /** What that is called to people, if it is called otherwise. */
  readonly shownSource?: string;
  /** host[:port] of the registry; "" for files. */
  readonly registry: string;
  /** The name in the store, in full: docker.io/library/alpine:3.6, localhost/app:latest. */
  readonly name: string;
}

const fileTransports = ["oci", "oci-archive", "docker-archive", "dir"] as const;
/** Transports that people know from other programs, and what to do instead. */
const otherTransports: Record<string, string> = {
  "containers-storage":
    "copy the image into an OCI layout with `skopeo copy containers-storage:NAME oci:DIRECTORY:TAG`",
  "docker-daemon": "write the image to a file with `docker save -o FILE NAME` and use docker-archive:FILE",
  ostree: "use oci:DIRECTORY:TAG",
  sif: "use oci:DIRECTORY:TAG",
  tarball: "use oci-archive:FILE",
  http: "use docker://HOST/NAME",
  https: "use docker://HOST/NAME",
};

const defaultRegistry = "docker.io";
const longestRepository = 255;

// The grammar of github.com/distribution/reference, with digests held to what the store can keep.
const domainComponent = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const registryPattern = new RegExp(
  `^(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`,
);
const pathComponentPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/**
 * Takes a reference apart: `docker://[HOST/]NAME[:TAG|@DIGEST]`, `oci:DIRECTORY[:TAG]`, `oci-archive:FILE[:TAG]`,
 * `docker-archive:FILE[:NAME]`, `dir:DIRECTORY`, or a plain name. Throws CntnrError `usage` that says what is wrong.
 */
export function parseImageReference(text: string): ImageReference {
  if (text.startsWith("docker://")) return registryReference(text.slice("docker://".length), "docker", text);
  const colon = text.indexOf(":");
  const scheme = text.slice(0, Math.max(colon, 0));
  const transport = fileTransports.find((known) => known === scheme);
  if (transport) return fileReference(transport, text.slice(colon + 1), text);
  const advice = Object.hasOwn(otherTransports, scheme) ? otherTransports[scheme] : undefined;
  if (advice && (text.includes("://") || !["http", "https"].includes(scheme)))
    throw new CntnrError("unsupported", `image "${text}": ${scheme}: is not a transport of cntnr; ${advice}`);
  if (scheme === "docker" && text.startsWith("docker:/"))
    throw invalid(text, "a registry's image is written docker://NAME");
  return registryReference(text, "plain", text);
}

/** What is copied from, for people. */
export function sourceShown({ source, shownSource }: Pick<ImageReference, "source" | "shownSource">): string {
  return shownSource ?? source;
}

/** The names under which a plain reference may be in the store: a registry's, or one of a file's. */
export function localNames(reference: ImageReference): readonly string[] {
  const prefix = `${defaultRegistry}/library/`;
  if (reference.transport !== "plain" || !reference.name.startsWith(prefix)) return [reference.name];
  return [reference.name, `localhost/${reference.name.slice(prefix.length)}`];
}

/**
 * A full name as people write it: without docker.io/ and library/, unless it would then be taken for a file (`oci:latest`) or for
 * one of another registry.
 */
export function familiarName(name: string): string {
  const short = name.replace(/^docker\.io\/(?:library\/(?!.*\/))?/, "");
  const [first = "", ...rest] = short.split("/");
  const isElsewhere = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return short !== name && (isElsewhere || isOfTransport(short)) ? name : short;
}

function isOfTransport(text: string): boolean {
  const scheme = text.slice(0, Math.max(text.indexOf(":"), 0));
  const isOther = Object.hasOwn(otherTransports, scheme) && !scheme.startsWith("http");
  return isOther || fileTransports.some((known) => known === scheme);
}

/** True for registries of this machine, which docker and we speak to over plain HTTP as well. */
export function isLoopbackRegistry(registry: string): boolean {
  const host = registry.replace(/:[0-9]+$/, "");
  return host === "localhost" || host === "[::1]" || /^127(?:\.[0-9]{1,3}){3}$/.test(host);
}

/** Name and tag of a full name, for lists: a name with a digest has no tag. */
export function splitName(name: string): { readonly repository: string; readonly tag: string } {
  const at = name.indexOf("@");
  if (at >= 0) return { repository: name.slice(0, at), tag: "" };
  const colon = name.lastIndexOf(":");
  if (colon < 0 || name.indexOf("/", colon) >= 0) return { repository: name, tag: "" };
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}

function registryReference(rest: string, transport: "plain" | "docker", original: string): ImageReference {
  const { registry, repository, suffix } = normalise(rest, original);
  const name = `${registry}/${repository}${suffix}`;
  return { transport, registry, name, source: `docker://${name}` };
}

interface NormalisedName {
  readonly registry: string;
  readonly repository: string;
  /** `:tag` or `@sha256:...` */
  readonly suffix: string;
}

/** As docker does: the host before the first slash if it looks like one, else docker.io, and there `library/`. */
function normalise(text: string, original: string): NormalisedName {
  if (text === "") throw invalid(original, "the name is empty");
  if (/^[a-f0-9]{64}$/.test(text))
    throw invalid(original, "64 hexadecimal digits are an image's id, not a name");
  const [nameAndTag = "", digest, ...more] = text.split("@");
  if (more.length > 0) throw invalid(original, "it has more than one @");
  if (digest !== undefined && !isDigest(digest))
    throw invalid(original, `"${digest}" is not sha256: and 64 lower-case hexadecimal digits`);
  const slash = nameAndTag.indexOf("/");
  const first = nameAndTag.slice(0, Math.max(slash, 0));
  const hasRegistry = first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase();
  const registry = hasRegistry ? officialName(first) : defaultRegistry;
  const path = hasRegistry ? nameAndTag.slice(slash + 1) : nameAndTag;
  if (!registryPattern.test(registry))
    throw invalid(original, `"${registry}" is not a registry's host[:port]`);
  // The name would be taken for a file's where nothing stands before it, as it is kept and shown.
  if (isOfTransport(registry))
    throw invalid(original, `"${registry}" would be taken for a transport: name the registry by its address`);
  const colon = path.lastIndexOf(":");
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  const written = colon < 0 ? path : path.slice(0, colon);
  if (tag !== undefined && !tagPattern.test(tag))
    throw invalid(original, `"${tag}" is not a tag: letters, digits, _ . - and at most 128 of them`);
  checkRepository(written, original);
  const repository = registry === defaultRegistry && !written.includes("/") ? `library/${written}` : written;
  if (registry.length + 1 + repository.length > longestRepository)
    throw invalid(original, `the name is longer than ${longestRepository} characters`);
  // With both, the digest decides, and the tag would say something that nobody has checked.
  return { registry, repository, suffix: digest === undefined ? `:${tag ?? "latest"}` : `@${digest}` };
}

function officialName(registry: string): string {
  return registry === "index.docker.io" || registry === "registry-1.docker.io" ? defaultRegistry : registry;
}

function checkRepository(repository: string, original: string): void {
  if (/[A-Z]/.test(repository)) throw invalid(original, "a repository's name has no upper-case letters");
  for (const component of repository.split("/"))
    if (!pathComponentPattern.test(component))
      throw invalid(
        original,
        `"${component}" cannot be part of a name: lower-case letters and digits, with . _ __ or - between them`,
      );
}

function fileReference(
  transport: (typeof fileTransports)[number],
  rest: string,
  original: string,
): ImageReference {
  // skopeo, too, takes the first colon for the end of the path; dir: has nothing after its path.
  const colon = transport === "dir" ? -1 : rest.indexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const inner = colon < 0 ? undefined : rest.slice(colon + 1);
  if (path === "")
    throw invalid(original, `it is written ${transport}:PATH${transport === "dir" ? "" : "[:TAG]"}`);
  if (inner === "") throw invalid(original, "nothing stands after the last colon");
  return { transport, registry: "", source: original, name: fileImageName(transport, path, inner, original) };
}

/** What an image out of a file is called in the store: the name it has there, else the file's under localhost/. */
function fileImageName(transport: string, path: string, inner: string | undefined, original: string): string {
  const isFullName = inner !== undefined && (transport === "docker-archive" || /[/:@]/.test(inner));
  if (isFullName) {
    const { registry, repository, suffix } = normalise(inner, original);
    return `${registry}/${repository}${suffix}`;
  }
  if (inner !== undefined && !tagPattern.test(inner)) throw invalid(original, `"${inner}" is not a tag`);
  return `localhost/${nameForFile(path)}:${inner ?? "latest"}`;
}

/** A file's name as part of a repository's name. */
function nameForFile(path: string): string {
  const stem = basename(resolve(path)).replace(/\.(?:tar|tgz|tar\.[a-z0-9]+|oci)$/i, "");
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 128)
    .replace(/^-+|-+$/g, "");
  return name === "" ? "image" : name;
}

function invalid(reference: string, reason: string): CntnrError {
  const shown = reference.length > 200 ? `${reference.slice(0, 200)}...` : reference;
  return new CntnrError("usage", `image "${shown}": ${reason}`);
}
