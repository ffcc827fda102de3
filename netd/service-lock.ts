import { closeSync, constants, openSync } from "node:fs";
import { connect } from "node:net";
import { tryLockExclusive } from "./sys/libc.ts";

/** The lock that makes one netd the only one; held until disposed, by children that inherited it until they end. */
export interface ServiceLock extends Disposable {
  readonly fd: number;
}

const pollMs = 50;

/**
 * Takes the service's lock. Children of a netd that was killed hold it until they have ended, which their own time limit
 * makes sure of; so a new netd never works beside a plugin of the old one.
 * @param socket where a netd that lives would answer; undefined when somebody else listens there for it
 * Throws when another netd runs, or the lock is not free within `waitMs`.
 */
export async function takeServiceLock(
  path: string,
  socket: string | undefined,
  waitMs: number,
): Promise<ServiceLock> {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  const deadline = Date.now() + waitMs;
  while (!tryLockExclusive(fd)) {
    const isRunning = socket !== undefined && (await answers(socket));
    if (isRunning || Date.now() > deadline) {
      closeSync(fd);
      throw new Error(
        isRunning
          ? `another cntnr-netd runs and answers at ${socket}`
          : `${path}: still locked by another process`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
