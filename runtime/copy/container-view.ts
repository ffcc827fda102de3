import { existsSync } from "node:fs";
import { join } from "node:path";
import { readBundleConfig, requestedMounts } from "../container/bundle-config.ts";
import { withContainerLock } from "../container/container-lock.ts";
import { type ContainerRecord, containerPaths } from "../container/container-record.ts";
import { readState } from "../container/container-state.ts";
import { whileThere } from "../container/container-store.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { CopyView } from "./copy-job.ts";

/**
 * Does something with a container's files as the container sees them: those of its first process, or, when it does not run, its root
 * with the directories that are bound into it. Until that is done, nobody starts it.
 */
export async function withContainerView<T>(
  directories: Directories,
  record: ContainerRecord,
  work: (view: CopyView) => Promise<T>,
): Promise<T> {
  const running = viewOfRunning(directories, record);
  if (running) return whileThere(directories, record, () => work(running));
  return withContainerLock(directories, record.id, () =>
    // It may have been started, or removed, before we had the lock.
    whileThere(directories, record, async () =>
      work(viewOfRunning(directories, record) ?? viewOfBundle(directories, record)),
    ),
  );
}

function viewOfRunning(directories: Directories, record: ContainerRecord): CopyView | undefined {
  const state = readState(directories, record);
  return state.kind === "running" || state.kind === "paused"
    ? { kind: "process", pid: state.pid }
    : undefined;
}

function viewOfBundle(directories: Directories, record: ContainerRecord): CopyView {
  const { directory } = containerPaths(directories, record.id);
  const config = readBundleConfig(directories, record);
  if (!config) throw new CntnrError("conflict", `container ${record.name} is still being made`);
  const overlay = config.mounts.find(({ destination, type }) => destination === "/" && type === "overlay");
  const binds = requestedMounts(config, directory).filter(
    ({ type, options, source }) =>
      (type === "bind" || options.includes("rbind") || options.includes("bind")) && existsSync(source),
  );
  return {
    kind: "bundle",
    rootfs: join(directory, config.root.path),
    overlay: overlay ? overlay.options : null,
    binds: binds.map(({ source, destination }) => ({ source, destination })),
  };
}
