import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { noteContainer } from "./container-events.ts";
import { withContainerLock } from "./container-lock.ts";
import { type ContainerRecord, readRecord, replaceRecord } from "./container-record.ts";
import type { ResourceLimits } from "./resource-flags.ts";

/** What of a container can be changed after it was made. */
export type ContainerChanges = Partial<Pick<ContainerRecord, "restart" | "stopTimeoutSeconds">> & {
  /** What it may use; what is absent stays. */
  readonly limits?: ResourceLimits;
};

/** Changes how a container lives, also while it runs. Throws CntnrError. */
export function updateContainer(
  directories: Directories,
  { id, name }: ContainerRecord,
  { limits, ...changes }: ContainerChanges,
): Promise<void> {
  return withContainerLock(directories, id, async () => {
    const record = readRecord(directories, id);
    if (!record) throw new CntnrError("not-found", `container ${name} has been removed`);
    if (record.autoRemove && changes.restart && changes.restart.policy !== "no")
      throw new CntnrError(
        "conflict",
        `container ${name} removes itself when it has ended (--rm), so no restart policy can be for it`,
      );
    if (limits) {
      const { updateLimits } = await import("./update-limits.ts");
      await updateLimits(directories, record, limits);
    }
    replaceRecord(directories, { ...record, ...changes });
    noteContainer(directories, record, "update");
  });
}
