import { CntnrError } from "../errors/cntnr-error.ts";
import type { NetworkMode } from "./container-options.ts";

/** Other programs' words for networks that are none of ours. */
const foreign = /^(?:bridge|default|slirp4netns(?::.*)?|pasta(?::.*)?|ns:.*|private)$/;

/** All `--network` of a command line: host (also without any), none, container:NAME, or names of netd's networks. Throws CntnrError. */
export function parseNetworkFlags(names: readonly string[]): NetworkMode {
  const [first] = names;
  if (first === undefined) return { kind: "host" };
  if (new Set(names).size < names.length)
    throw new CntnrError("usage", `--network ${first}: a container is attached to a network only once`);
  if (names.includes("host") || names.includes("none")) {
    if (names.length > 1)
      throw new CntnrError("usage", "--network host and none cannot go with other networks");
    return { kind: first === "none" ? "none" : "host" };
  }
  const container = /^container:(.+)$/.exec(first)?.[1];
  if (container !== undefined && names.length === 1) return { kind: "container", container };
  for (const name of names) {
    if (foreign.test(name))
      throw new CntnrError(
        "unsupported",
        `--network ${name}: not supported; \`cntnr network ls\` lists the networks there are, and host and none are always there`,
      );
    // netd has a stricter rule (R5), which is its own to say.
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name))
      throw new CntnrError("usage", `--network "${name}" cannot be the name of a network`);
  }
  return { kind: "netd", networks: names };
}
