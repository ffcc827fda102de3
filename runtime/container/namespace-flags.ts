import { CntnrError } from "../errors/cntnr-error.ts";
import type { IsolationOptions, NamespaceSource } from "./container-options.ts";

type Kind = "pid" | "ipc" | "uts" | "userns";

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
  if (kind === "userns" && /^keep-id(?::|$)/.test(text))
    throw new CntnrError(
      "unsupported",
      `--userns ${text}: runc cannot make it for users; root of a container is you on the host anyhow`,
    );
  throw new CntnrError("usage", `--${kind} "${text}": it is host, private or container:NAME`);
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
