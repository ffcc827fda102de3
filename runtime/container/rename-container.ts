import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { noteContainer } from "./container-events.ts";
import { withContainerLock } from "./container-lock.ts";
import { checkName } from "./container-name.ts";
import { type ContainerRecord, readRecord, replaceRecord } from "./container-record.ts";
import { moveName } from "./container-store.ts";

/** Gives a container another name. Throws CntnrError `conflict` when that is taken, `usage` for one that cannot be a name. */
export function renameContainer(
  directories: Directories,
  { id }: ContainerRecord,
  name: string,
): Promise<void> {
  checkName(name);
  return withContainerLock(directories, id, async () => {
    const record = readRecord(directories, id);
    if (!record) throw new CntnrError("not-found", "the container has been removed");
    if (record.name === name) throw new CntnrError("conflict", `container ${name} has that name already`);
    await moveName(
      directories,
      { ...record, name },
      () => replaceRecord(directories, { ...record, name }),
      record.name,
    );
    noteContainer(directories, { ...record, name }, "rename", { oldName: record.name });
  });
}
