import { type ContainerRecord, containerPaths } from "../../runtime/container/container-record.ts";
import type { ListedContainer } from "../../runtime/container/sweep.ts";
import { readHealth } from "../../runtime/health/health-store.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { agoOf } from "../command-line/ago.ts";

/** What a container is doing, in docker's words: Up 2 hours (healthy), Exited (0) 3 minutes ago. */
export function statusOf(directories: Directories, { record, state }: ListedContainer): string {
  switch (state.kind) {
    case "running":
      return `Up ${agoOf(state.startedAt)}${healthText(healthOf(directories, record))}`;
    case "paused":
      return `Up ${agoOf(state.startedAt)} (Paused)`;
    case "exited":
      return `Exited (${state.exitCode}) ${agoOf(state.finishedAt)} ago`;
    case "restarting":
      return `Restarting (${state.exitCode}) ${agoOf(state.finishedAt)} ago`;
    case "dead":
      return "Dead (its exit code is lost)";
    default:
      return "Created";
  }
}

function healthText(health: HealthWord): string {
  if (health === "none") return "";
  return health === "starting" ? " (health: starting)" : ` (${health})`;
}

export type HealthWord = "none" | "starting" | "healthy" | "unhealthy";

/** How a running container is, by its check. */
export function healthOf(directories: Directories, record: ContainerRecord): HealthWord {
  if (!record.health) return "none";
  return readHealth(containerPaths(directories, record.id))?.status ?? "starting";
}

/** Docker's word for the state; it has none for a container that is being made or started. */
export function stateWord({ kind }: ListedContainer["state"]): string {
  return kind === "creating" || kind === "starting" ? "created" : kind;
}
