import type { Container, HealthWord } from "../../runtime/engine/container.ts";
import { agoOf } from "../command-line/ago.ts";

/** What a container is doing, in docker's words: Up 2 hours (healthy), Exited (0) 3 minutes ago. */
export function statusOf({ state, health }: Container): string {
  switch (state.kind) {
    case "running":
      return `Up ${agoOf(state.startedAt)}${healthText(health)}`;
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

/** Docker's word for the state; it has none for a container that is being made or started. */
export function stateWord({ kind }: Container["state"]): string {
  return kind === "creating" || kind === "starting" ? "created" : kind;
}
