import { CntnrError } from "../errors/cntnr-error.ts";
import type { IsolationOptions, KeptIdsRequest, NamespaceSource } from "./container-options.ts";

type Kind = "pid" | "ipc" | "uts" | "userns";

/** Docker's and the kernel's: an int that is not negative. */
const largestId = 0x7fffffff;

/** Words for a namespace of the container's own, by flag; docker's and podman's. */
const ownWords: Readonly<Record<Kind, readonly string[]>> = {
  pid: ["", "private"],
  ipc: ["", "private", "shareable"],
  uts: ["", "private"],
  // A user's containers are in a user namespace in any case: his own ids are the host's.
  userns: ["", "private", "auto", "host"],
};

/**
 * `--pid`, `--ipc`, `--uts`, `--userns`: host, private, or container:NAME; undefined for a namespace of the container's own.
 * Throws CntnrError `usage` or `unsupported`.
 */
export function parseNamespace(kind: Kind, text: string | undefined): NamespaceSource | undefined {
  if (text === undefined || ownWords[kind].includes(text)) return undefined;
  if (text === "host") return { kind: "host" };
  const container = /^container:(.+)$/.exec(text)?.[1];
  if (container !== undefined) return { kind: "container", container };
  throw new CntnrError("usage", `--${kind} "${text}": it is host, private or container:NAME`);
}

/** `--userns`: the same, or keep-id[:uid=UID,gid=GID] as podman has it. Throws CntnrError `usage`. */
export function parseUserNamespace(text: string | undefined): IsolationOptions["userns"] {
  const [mode, ...rest] = (text ?? "").split(":");
  return mode === "keep-id" ? parseKeptIds(rest.join(":")) : parseNamespace("userns", text);
}

function parseKeptIds(text: string): KeptIdsRequest {
  const ids: { uid?: number; gid?: number } = {};
  for (const word of text === "" ? [] : text.split(",")) {
    const [, name, digits] = /^(uid|gid)=(\d{1,10})$/.exec(word) ?? [];
    const id = Number(digits);
    if ((name !== "uid" && name !== "gid") || id > largestId)
      throw new CntnrError("usage", `--userns keep-id "${word}": it is written keep-id:uid=UID,gid=GID`);
    ids[name] = id;
  }
  return { kind: "keep-id", ...ids };
}

/** `--cgroupns host|private` */
export function parseCgroupNamespace(text: string | undefined): IsolationOptions["cgroupns"] {
  if (text === undefined || text === "" || text === "private") return undefined;
  if (text === "host") return { kind: "host" };
  throw new CntnrError("usage", `--cgroupns "${text}": it is host or private`);
}

/** `--mount-cgroups ro|rw|no`; undefined for ro. */
export function parseCgroupMount(text: string | undefined): IsolationOptions["cgroupMount"] {
  if (text === undefined || text === "ro") return undefined;
  if (text === "rw" || text === "no") return text;
  throw new CntnrError("usage", `--mount-cgroups "${text}": it is ro, rw or no`);
}
