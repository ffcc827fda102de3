import { recordEvent } from "../events/event-log.ts";
import type { Directories } from "../store/directories.ts";

/** Docker's words for what happens to images. */
export type ImageAction = "pull" | "push" | "load" | "save" | "import" | "tag" | "untag" | "delete";

/**
 * Notes that something has happened to an image.
 * @param id as docker tells it: the name for pull and push, the image's id for everything else
 */
export function noteImage(directories: Directories, action: ImageAction, id: string, name: string): void {
  recordEvent(directories, { type: "image", action, id, attributes: { name } });
}
