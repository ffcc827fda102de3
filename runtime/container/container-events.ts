import { recordEvent } from "../events/event-log.ts";
import type { Directories } from "../store/directories.ts";
import type { ContainerRecord } from "./container-record.ts";

/** Notes that something has happened to a container, in docker's words. */
export function noteContainer(
  directories: Directories,
  record: ContainerRecord,
  action: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const { id, name, image, labels } = record;
  recordEvent(directories, {
    type: "container",
    action,
    id,
    attributes: { ...labels, image, name, ...more },
  });
}
