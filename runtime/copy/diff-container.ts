import { existsSync } from "node:fs";
import { readBundleConfig } from "../container/bundle-config.ts";
import { withChangedFiles } from "../container/changed-files.ts";
import { type ContainerRecord, containerPaths } from "../container/container-record.ts";
import { whileThere } from "../container/container-store.ts";
import { mappingsOf } from "../container/user-namespace.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { Change, CopyJob } from "./copy-job.ts";
import { runCopyProcess } from "./copy-process.ts";

/** What a container has changed of its image, in the order of the names. Throws CntnrError. */
export async function diffContainer(
  directories: Directories,
  record: ContainerRecord,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly Change[]> {
  const outcome = await whileThere(directories, record, () =>
    withChangedFiles(directories, record, (upper) => {
      const job: CopyJob = {
        view: { kind: "bundle", rootfs: upper, overlay: null, binds: [] },
        action: { kind: "diff", lowers: [...record.layers], mountPoints: mountPointsOf(directories, record) },
      };
      return runCopyProcess(job, { mappings: mappingsOf(record), ...options });
    }),
  );
  if (!outcome) throw withoutUpper(directories, record);
  if ("changes" in outcome) return outcome.changes;
  throw new CntnrError("engine", "the process that compares ended before its work was done");
}

function withoutUpper(directories: Directories, { id, name }: ContainerRecord): CntnrError {
  const paths = containerPaths(directories, id);
  if (!existsSync(paths.record)) return new CntnrError("not-found", `container ${name} has been removed`);
  if (!existsSync(paths.config)) return new CntnrError("conflict", `container ${name} is still being made`);
  return new CntnrError(
    "unsupported",
    `container ${name} has a copy of its image's files, and nobody keeps what it changes of them`,
  );
}

/** Where the runtime has made places for mounts: clean and relative, one character a byte. */
export function mountPointsOf(directories: Directories, record: ContainerRecord): string[] {
  const config = readBundleConfig(directories, record);
  return (config?.mounts ?? [])
    .map(({ destination }) =>
      destination
        .split("/")
        .filter((part) => part !== "" && part !== ".")
        .join("/"),
    )
    .filter((path) => path !== "")
    .map((path) => Buffer.from(path).toString("latin1"));
}
