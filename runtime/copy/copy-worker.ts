import { constants } from "node:fs";
import * as v from "valibot";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import { explainDiskError } from "../errors/disk-error.ts";
import { LowerLayers } from "../layer/lower-layers.ts";
import { confineTo } from "../sys/confine.ts";
import { bindDirectory, changeRoot, enterRoot, mountOverlay } from "../sys/mount.ts";
import { openInRoot } from "../sys/open-in-root.ts";
import { SystemCallError } from "../sys/system-call.ts";
import { type CopyAction, type CopyJob, type CopyOutcome, type CopyView, copyJobSchema } from "./copy-job.ts";
import { type MountPoints, mountPointsIn } from "./mounts-of-process.ts";
import { packPath, packRoot } from "./pack-path.ts";
import { listChanges } from "./tree-changes.ts";
import { unpackTo } from "./unpack-to.ts";

/** The whole life of `cntnr internal-copy`: it shuts itself in, and only then looks at any name. */
export async function copyWorker(jobText: string, send: (outcome: CopyOutcome) => void): Promise<void> {
  const parsed = v.safeParse(copyJobSchema, JSON.parse(jobText));
  if (!parsed.success) throw new CntnrError("usage", "internal-copy: not a job that cntnr has written");
  try {
    send(await carryOut(parsed.output));
  } catch (thrown) {
    const error = explainDiskError(thrown) ?? thrown;
    const isExpected =
      error instanceof CntnrError || error instanceof SystemCallError || hasErrno(error, "EPIPE");
    if (!isExpected) throw error;
    const code = error instanceof CntnrError ? error.code : "engine";
    send({ failure: { code, message: messageOf(error) } });
  }
}

async function carryOut({ view, action }: CopyJob): Promise<CopyOutcome> {
  // Opened before the door is shut: they are on the other side.
  using lowers = action.kind === "diff" ? new LowerLayers(action.lowers) : undefined;
  const mountPoints = action.kind === "export" ? mountPointsIn(view) : undefined;
  shutIn(view);
  return act(action, { lowers, mountPoints });
}

function shutIn(view: CopyView): void {
  if (view.kind === "process") changeRoot(`/proc/${view.pid}/root`);
  else if (view.kind === "directory") confineTo(view.path);
  else if (view.kind === "bundle") {
    const { rootfs, overlay, binds } = view;
    if (overlay) mountOverlay(rootfs, overlay, "writable");
    else bindDirectory(rootfs, rootfs);
    for (const { source, destination } of binds) bindWithin(rootfs, source, destination);
    enterRoot(rootfs);
  }
}

/** Where the container has the mount, whatever links its image has on the way. What is not there is not mounted. */
function bindWithin(rootfs: string, source: string, destination: string): void {
  let fd: number;
  try {
    fd = openInRoot(rootfs, destination, constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
    throw error;
  }
  // The worker's end closes it; until then it holds the place.
  bindDirectory(source, `/proc/self/fd/${fd}`);
}

interface SeenBefore {
  readonly lowers: LowerLayers | undefined;
  readonly mountPoints: MountPoints | undefined;
}

async function act(action: CopyAction, { lowers, mountPoints }: SeenBefore): Promise<CopyOutcome> {
  switch (action.kind) {
    case "export":
      return { report: await packRoot(action, mountPoints ?? new Set()) };
    case "pack":
      return { report: await packPath(action) };
    case "unpack":
      return { report: unpackTo(action) };
    case "diff":
      if (!lowers) throw new CntnrError("engine", "internal-copy: no layers to compare with");
      return { changes: listChanges(lowers, action.mountPoints) };
  }
}
