import type { ContainerId } from "../container/container-id.ts";
import { type RunResult, runContainer } from "../container/run-container.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { type ContainerRequest, completeRequest } from "./container-request.ts";
import type { CreateOptions, EngineContext } from "./context.ts";
import { attachOptionsOf, bothOutputs, type Streams } from "./streams.ts";

export interface RunOptions extends CreateOptions {
  /** What becomes of a container that cannot be started, unless it removes itself: default `remove`. Aborted, nothing is left in any case. */
  readonly unstarted?: "keep" | "remove";
}

/*
 * What `run` of Containers does. In functions of their own: the command line's `run` calls them without loading all the rest of the
 * engine, which would take a twentieth of its time.
 */

export function runAttached(
  context: EngineContext,
  request: ContainerRequest,
  streams: Streams,
  { unstarted = "remove", ...options }: RunOptions,
): Promise<RunResult> {
  const { detachKeys, signals, attached = bothOutputs } = attachOptionsOf(streams);
  const isGiven = streams.kind === "given";
  const stdin = isGiven ? streams.input !== undefined : (request.stdin ?? false);
  return runContainer(
    context.directories,
    {
      ...completeRequest({ ...request, stdin }),
      ...{ detach: false, attached, detachKeys, signals, unstarted },
      ...(isGiven ? { streams } : {}),
    },
    context.surroundings(options),
  );
}

export async function runDetached(
  context: EngineContext,
  request: ContainerRequest,
  { unstarted = "remove", ...options }: RunOptions,
): Promise<{ readonly id: ContainerId }> {
  const result = await runContainer(
    context.directories,
    {
      ...completeRequest(request),
      ...{ detach: true, attached: [], detachKeys: new Uint8Array(), signals: "keep", unstarted },
    },
    context.surroundings(options),
  );
  if (result.kind !== "ended") return { id: result.id };
  throw new CntnrError("engine", "the container ended in the foreground");
}
