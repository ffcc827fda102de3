import { noteContainer } from "../container/container-events.ts";
import type { ContainerRecord } from "../container/container-record.ts";
import { mappingsOf } from "../container/user-namespace.ts";
import type { Directories } from "../store/directories.ts";
import { withContainerView } from "./container-view.ts";
import { explainClosedPipe, withDuplicate } from "./copy-files.ts";
import { runCopyProcess } from "./copy-process.ts";

/**
 * Writes a container's file system to a descriptor as a tar archive, as docker export does: its image's files as it has changed them, with
 * the container's ids as their owners, and of all that is mounted the places alone. Throws CntnrError, or BrokenOutput when
 * nobody reads it.
 */
export async function exportContainer(
  directories: Directories,
  record: ContainerRecord,
  fd: number,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const mappings = mappingsOf(record);
  const action = { kind: "export", owners: mappings.subordinate ? "files" : "recorded" } as const;
  await withContainerView(directories, record, async (view) => {
    const own = view.kind === "bundle" ? { ...view, binds: [] } : view;
    await withDuplicate(fd, (archive) =>
      runCopyProcess({ view: own, action }, { mappings, archive, ...(signal ? { signal } : {}) }),
    ).catch(explainClosedPipe);
  });
  noteContainer(directories, record, "export");
}
