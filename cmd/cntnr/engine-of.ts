import { type Engine, openEngine } from "../../runtime/engine/engine.ts";
import type { CommandContext } from "./command.ts";

/** The engine that a command works with. Only commands that use it load it: workers and hooks are started often. */
export function engineOf({ engineOptions }: CommandContext): Engine {
  return openEngine(engineOptions);
}
