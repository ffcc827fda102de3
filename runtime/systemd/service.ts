import type { notifyModes } from "../container/container-record.ts";

/** When a service is ready. */
export type NotifyMode = (typeof notifyModes)[number];

/** The service manager that has started us, and what it is to be told. */
export interface Service {
  readonly socket: string;
  readonly mode: Exclude<NotifyMode, "ignore">;
}

/** Undefined when no service manager listens, or it is not to be told anything. */
export function serviceOf(env: NodeJS.ProcessEnv, mode: NotifyMode): Service | undefined {
  const { NOTIFY_SOCKET: socket } = env;
  return socket === undefined || socket === "" || mode === "ignore" ? undefined : { socket, mode };
}

/**
 * The environment of whatever is started for a container. The runtime would itself tell the service manager of a container
 * that says it is ready, and wait for that.
 */
export function withoutService(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NOTIFY_SOCKET: _, WATCHDOG_USEC: __, WATCHDOG_PID: ___, ...rest } = env;
  return rest;
}
