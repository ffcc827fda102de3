import { runChild } from "../process/run-child.ts";

/** Programs that take a whole batch of commands from standard input. */
const programs = {
  /** One transaction: all of it or nothing (nft(8), -f). */
  nft: { path: "/usr/sbin/nft", args: ["-f", "-"], package: "nftables" },
  ip: { path: "/usr/sbin/ip", args: ["-batch", "-"], package: "iproute2" },
} as const;

export type BatchProgram = keyof typeof programs;

/** Runs a batch of commands. Throws when one of them fails; all but nft then have done what stood before it. */
export type RunBatch = (program: BatchProgram, batch: string) => Promise<void>;

/** nft needs a tenth of a second for the tables of a thousand attachments. */
const timeoutMs = 10_000;

/** @param lockFd a locked file that outlives a netd that dies while a child of it is at work */
export function batchRunner(lockFd?: number): RunBatch {
  return async (program, batch) => {
    const { path, args } = programs[program];
    const { exitCode, stderr } = await runChild({
      command: path,
      args,
      stdin: batch,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      timeoutMs,
      maxOutputBytes: 1 << 20,
      lockFd,
    });
    if (exitCode !== 0) throw new Error(`${program}: ${stderr.trim() || `exit code ${exitCode}`}`);
  };
}
