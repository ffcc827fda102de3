import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalImage } from "../image/local-image.ts";
import type { Directories } from "../store/directories.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import type { ContainerOptions } from "./container-options.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
// STAND-IN until runtime/bundle is there
export async function makeBundle(q: {
  directories: Directories;
  record: ContainerRecord;
  image: LocalImage;
  options: ContainerOptions;
  mappings: IdMappings;
  env: NodeJS.ProcessEnv;
}): Promise<string> {
  const d = containerPaths(q.directories, q.record.id).directory;
  for (const n of ["upper", "work", "rootfs"]) mkdirSync(join(d, n));
  const ns = ["pid", "ipc", "mount", "user", "uts"].map((type) => ({ type }));
  const map = (m: IdMappings["uids"]) =>
    m.map((x) => ({ containerID: x.containerId, hostID: x.hostId, size: x.size }));
  const c = {
    ociVersion: "1.0.2",
    process: {
      terminal: q.record.tty,
      user: { uid: 0, gid: 0 },
      args: q.record.command,
      env: [...q.image.config.env, ...q.options.env],
      cwd: "/",
      noNewPrivileges: true,
      capabilities: { bounding: [], effective: [], permitted: [] },
    },
    root: { path: "rootfs" },
    mounts: [
      {
        destination: "/",
        type: "overlay",
        source: "overlay",
        options: [
          `lowerdir=${[...q.image.layers].reverse().join(":")}`,
          `upperdir=${d}/upper`,
          `workdir=${d}/work`,
          "userxattr",
        ],
      },
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
      },
      ...q.options.mounts.map((m) =>
        m.kind === "bind"
          ? {
              destination: m.destination,
              type: "bind",
              source: m.source,
              options: ["rbind", ...(m.readOnly ? ["ro"] : []), ...m.options],
            }
          : { destination: m.destination, type: "tmpfs", source: "tmpfs", options: [...m.options] },
      ),
    ],
    linux: { namespaces: ns, uidMappings: map(q.mappings.uids), gidMappings: map(q.mappings.gids) },
  };
  writeFileSync(join(d, "config.json"), JSON.stringify(c));
  return d;
}
