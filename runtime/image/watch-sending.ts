import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { readImageDocuments } from "./add-image.ts";
import { hexOf } from "./digest.ts";
import type { Descriptor } from "./oci-documents.ts";
import type { ProgressListener } from "./progress.ts";

const intervalMs = 100;

export interface SendingWatch extends Disposable {
  /** Tells which process sends. */
  readonly begin: (pid: number) => void;
}

/** Looks at how far a process has read an image's blobs (proc_pid_fdinfo(5)), and tells it; skopeo tells only who is at a terminal. */
export function watchSending(
  directories: Directories,
  image: Descriptor,
  { onProgress }: { readonly onProgress?: ProgressListener },
): SendingWatch {
  if (!onProgress)
    return {
      begin: () => {
        // Nobody listens.
      },
      [Symbol.dispose]: () => undefined,
    };
  const { layers } = readImageDocuments(directories, image).manifest;
  const sizes = new Map(layers.map(({ digest, size }) => [hexOf(digest), size]));
  const totalBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const read = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const look = (pid: number) => {
    for (const { name, position } of openFiles(pid))
      if (sizes.has(name)) read.set(name, Math.max(position, read.get(name) ?? 0));
    onProgress({
      kind: "sent",
      bytes: [...read.values()].reduce((sum, bytes) => sum + bytes, 0),
      totalBytes,
    });
  };
  return {
    begin: (pid) => {
      timer = setInterval(() => look(pid), intervalMs);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** The files that a process of ours has open, by their last names, and where in them it is. */
function openFiles(pid: number): { readonly name: string; readonly position: number }[] {
  const folder = `/proc/${pid}`;
  const descriptors = ifThere(() => readdirSync(join(folder, "fd"))) ?? [];
  return descriptors.flatMap((descriptor) => {
    const name = ifThere(() => basename(readlinkSync(join(folder, "fd", descriptor))));
    const info = ifThere(() => readFileSync(join(folder, "fdinfo", descriptor), "utf8"));
    const [, position] = /^pos:\s*(\d+)$/m.exec(info ?? "") ?? [];
    return name === undefined || position === undefined ? [] : [{ name, position: Number(position) }];
  });
}

/** Descriptors and processes come and go, and who is just going may not be looked at. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return undefined;
    throw error;
  }
}
