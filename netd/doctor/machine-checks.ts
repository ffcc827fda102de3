import { constants, openSync } from "node:fs";
import { resetTransaction } from "../filter/transactions.ts";
import { identityOf } from "../netns/verify-netns.ts";
import { probePidfdSource } from "../peer/identify-peer.ts";
import { type ChildResult, runChild } from "../process/run-child.ts";
import { FileDescriptor, pidfdGetFd, pidfdOpen } from "../sys/libc.ts";
import { type Check, fault, good, warning } from "./check.ts";
import { droppingChains } from "./foreign-firewalls.ts";

const nft = "/usr/sbin/nft";

function run(command: string, args: readonly string[], stdin: string): Promise<ChildResult> {
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
  return runChild({ command, args, stdin, env, timeoutMs: 20_000, maxOutputBytes: 1 << 24 });
}

/** In a network namespace that ends with it. */
const tryOut = (command: string, args: readonly string[], stdin: string) =>
  run("/usr/bin/unshare", ["--net", "--", command, ...args], stdin);

/** Linux 5.11 is the floor; what newer ones have makes identities and namespaces surer, and is used where it is. */
const kernel: Check = {
  name: "kernel",
  look: () => {
    using self = pidfdOpen(process.pid);
    using namespace = new FileDescriptor(openSync("/proc/self/ns/net", constants.O_RDONLY));
    using _copy = pidfdGetFd(self.number, namespace.number);
    const lacking = [
      ...(probePidfdSource() === "socket" ? [] : ["SO_PEERPIDFD (Linux 6.5)"]),
      ...(identityOf(namespace).id === "" ? ["NS_GET_ID (Linux 6.18)"] : []),
    ];
    return good(
      lacking.length === 0
        ? "has all that netd can make use of"
        : `does without ${lacking.join(" and ")}, and so does netd`,
    );
  },
};

const links: Check = {
  name: "links",
  look: async () => {
    const batch = "link add b0 type bridge\nlink add v0 type veth peer name v1\nlink set v0 master b0\n";
    const { exitCode, stderr } = await tryOut("/usr/sbin/ip", ["-batch", "-"], batch);
    return exitCode === 0 ? good("bridges and veth pairs can be made") : fault(`ip: ${stderr.trim()}`);
  },
};

const filter: Check = {
  name: "filter",
  look: async () => {
    const tables = resetTransaction([], new Set(), { newestKnownLink: undefined });
    const { exitCode, stderr } = await tryOut(nft, ["-f", "-"], tables);
    if (exitCode === 0) return good("nftables takes netd's tables");
    return fault(
      `nftables refuses netd's tables (Debian package: nftables): ${stderr.trim().split("\n")[0]}`,
    );
  },
};

const otherFirewalls: Check = {
  name: "other firewalls",
  look: async () => {
    const { exitCode, stdout, stderr } = await run(nft, ["--json", "list", "chains"], "");
    if (exitCode !== 0) return fault(`nft list chains: ${stderr.trim()}`);
    const dropping = droppingChains(JSON.parse(stdout));
    if (dropping.length === 0) return good("none drops by default what is forwarded");
    return warning(
      `${dropping.join(", ")} drops by default what is forwarded: allow netd's bridges there, or containers reach nothing beyond this host`,
    );
  },
};

/** What the machine can do. Needs root. */
export const machineChecks: readonly Check[] = [kernel, links, filter, otherFirewalls];
