import { readFileSync } from "node:fs";
import * as v from "valibot";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";

const strings = v.optional(v.array(v.string()), []);

/** The parts of a bundle's config.json that describe the container to people (runtime-spec, config.md). */
const configSchema = v.object({
  process: v.object({
    user: v.object({ uid: v.number(), gid: v.number() }),
    env: strings,
    cwd: v.string(),
    capabilities: v.optional(v.object({ bounding: strings })),
    noNewPrivileges: v.optional(v.boolean(), false),
  }),
  root: v.object({ path: v.string(), readonly: v.optional(v.boolean(), false) }),
  hostname: v.optional(v.string(), ""),
  mounts: v.optional(
    v.array(
      v.object({
        destination: v.string(),
        type: v.optional(v.string(), "bind"),
        source: v.optional(v.string(), ""),
        options: strings,
      }),
    ),
    [],
  ),
});

export type BundleConfig = v.InferOutput<typeof configSchema>;
export type BundleMount = BundleConfig["mounts"][number];

/** What the container's bundle says; undefined while it is being made. Throws CntnrError `corrupt`. */
export function readBundleConfig(
  directories: Directories,
  record: ContainerRecord,
): BundleConfig | undefined {
  const { config } = containerPaths(directories, record.id);
  try {
    return v.parse(configSchema, JSON.parse(readFileSync(config, "utf8")));
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw new CntnrError("corrupt", `${config}: ${messageOf(error)}`, { cause: error });
  }
}

/** What every container has mounted there, unless the user wants something else. */
const usual = new Set(
  "/ /proc /dev /dev/pts /dev/shm /dev/mqueue /sys /sys/fs/cgroup /etc/hosts /etc/resolv.conf /etc/hostname".split(
    " ",
  ),
);

/** The mounts that somebody has asked for. */
export function requestedMounts(config: BundleConfig, directory: string): BundleMount[] {
  return config.mounts.filter(
    ({ destination, source }) =>
      !usual.has(destination) ||
      (source.startsWith("/") && source !== destination && !source.startsWith(`${directory}/`)),
  );
}
