import { runChild } from "../process/run-child.ts";
import type { RunNft } from "./masquerade-table.ts";

const nft = "/usr/sbin/nft";
const timeoutMs = 10_000;

/** Runs nft transactions, one after the other: each replaces or adds as a whole or not at all (nft(8), -f). */
export function nftRunner(lockFd: number): RunNft {
  return async (script) => {
    const { exitCode, stderr } = await runChild({
      command: nft,
      args: ["-f", "-"],
      stdin: script,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      timeoutMs,
      maxOutputBytes: 1 << 16,
      lockFd,
    });
    if (exitCode !== 0) throw new Error(`nft: ${stderr.trim()}`);
  };
}
