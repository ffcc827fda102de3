import type { ListedContainer } from "../../runtime/container/sweep.ts";
import { agoOf } from "../command-line/ago.ts";

/** What a container is doing, in docker's words: Up 2 hours, Exited (0) 3 minutes ago. */
export function statusOf({ state }: Pick<ListedContainer, "state">): string {
  switch (state.kind) {
    case "running":
      return `Up ${agoOf(state.startedAt)}`;
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

/** Docker's word for the state; it has none for a container that is being made or started. */
export function stateWord({ kind }: ListedContainer["state"]): string {
  return kind === "creating" || kind === "starting" ? "created" : kind;
}
