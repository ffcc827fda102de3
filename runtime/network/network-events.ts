import { recordEvent } from "../events/event-log.ts";
import type { Directories } from "../store/directories.ts";

/** Notes that a container has come to a network, or left it. */
export function noteNetwork(
  directories: Directories,
  action: "connect" | "disconnect",
  network: string,
  container: string,
): void {
  recordEvent(directories, {
    type: "network",
    action,
    id: network,
    attributes: { container, name: network, type: "netd" },
  });
}
