import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestPlugins } from "../fixtures/cni-plugins.ts";
import { noResidue } from "../fixtures/residue.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { attach, makeNamespace, type UserNamespace } from "../fixtures/user-namespaces.ts";
import { checked } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

/** A plugin like ptp, which brings the host's end up and fails when the container's end is not there any more. */
const plugin = `[ "$CNI_COMMAND" = ADD ] || exit 0
ip link add veth$$ type veth peer name eth0 netns "$CNI_NETNS"
ip link set veth$$ up
while nsenter --net="$CNI_NETNS" ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
echo '{"cniVersion": "1.0.0", "code": 999, "msg": "Link not found"}'
exit 1`;

let host: TestHost;
let netd: RunningCommand;
beforeAll(async () => {
  host = await TestHost.start();
  const plugins = new TestPlugins(host).script("like-ptp", plugin);
  const conflist = { cniVersion: "1.0.0", name: "lab", plugins: [{ type: "like-ptp" }] };
  host.writeConflist(conflist);
  netd = await host.startNetd({
    policy: "[network lab]\nconflist = lab.conflist\n[allow everyone network:lab]\nattachments = 8\n",
    args: ["--plugin-dir", plugins.path],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

/** Runs it as root of bob's user namespace, in the network namespace that he wants to have attached. */
function asContainerRoot({ pid }: UserNamespace, script: string): RunningCommand {
  const inside = ["nsenter", `--user=/proc/${pid}/ns/user`, `--net=/proc/${pid}/ns/net`];
  return host.spawnAsUser(host.users.bob, [...inside, "--preserve-credentials", "sh", "-c", script]);
}

const links = async () => {
  const argv = ["ip", "-o", "link", "show", "type", "veth"];
  return checked(argv, await host.asRoot(argv)).stdout;
};

describe("the container's end that its root moves away while the plugin works (N13, N14, D8)", () => {
  const moves: readonly (readonly [string, string])[] = [
    [
      "into a namespace of another process of his",
      "unshare --net sleep 1000 & until ip link set eth0 netns $! 2>/dev/null; do :; done; echo moved; wait",
    ],
    [
      "into a namespace that only a descriptor of his holds",
      'unshare --net sleep 1000 & until [ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$!/ns/net)" ]; do :; done; ' +
        "exec 9</proc/$!/ns/net; kill $!; until ip link set eth0 netns /proc/self/fd/9 2>/dev/null; do :; done; echo moved; exec sleep 1000",
    ],
  ];
  test.each(moves)("%s leaves him no interface of the host", async (_, script) => {
    const namespace = await makeNamespace(host, host.users.bob);
    const thief = asContainerRoot(namespace, script);
    const answer = await attach(host, host.users.bob, namespace);
    expect(answer.code).not.toBe(0);
    await thief.waitForOutput(/moved/);
    await waitFor(async () => (await host.residue()).records.length === 0, { what: "the end of the attach" });
    expect(await links()).toBe("");
    expect(netd.stderr).toContain(
      `with its other end in a namespace of uid ${host.users.bob.uid}: it is gone`,
    );
    for (const process of [thief, namespace.process]) process.kill("SIGKILL");
    await waitFor(async () => Bun.deepEquals(await host.residue(), noResidue), { what: "no residue" });
  });

  test("takes no pair of somebody else's with it that was made meanwhile, whatever keeps the namespace of its other end", async () => {
    const namespace = await makeNamespace(host, host.users.bob);
    const other = host.spawnAsRoot(["unshare", "--net", "sh", "-c", "echo in $$; exec sleep 1000"]);
    const [, pid] = await other.waitForOutput(/^in (\d+)$/m);
    // Namespaces of root's that no process is in: a mount keeps one, and a descriptor the other.
    const kept = join(host.directory, "kept");
    writeFileSync(kept, "");
    checked(["unshare"], await host.asRoot(["unshare", `--net=${kept}`, "true"]));
    const script =
      'unshare --net sleep 1000 & until [ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$!/ns/net)" ]; do :; done; ' +
      "exec 9</proc/$!/ns/net; kill $!; wait $!; echo held by $$; exec sleep 1000";
    const holder = host.spawnAsRoot(["sh", "-c", script]);
    const [, holderPid] = await holder.waitForOutput(/^held by (\d+)$/m);
    const attaching = attach(host, host.users.bob, namespace);
    await waitFor(async () => (await links()) !== "", { what: "the plugin's pair" });
    for (const words of [
      `veth-docker type veth peer name eth0 netns ${pid}`,
      "veth-own type veth peer name veth-peer",
      `veth-kept type veth peer name eth0 netns ${kept}`,
      `veth-held type veth peer name eth0 netns /proc/${holderPid}/fd/9`,
    ])
      checked(["ip"], await host.asRoot(["ip", "link", "add", ...words.split(" ")]));
    const thief = asContainerRoot(namespace, "ip link delete eth0; echo gone");
    await thief.waitForOutput(/gone/);
    expect((await attaching).code).not.toBe(0);
    const left = await links();
    const names = ["veth-docker", "veth-own", "veth-peer", "veth-kept", "veth-held"];
    for (const name of names) expect(left).toContain(name);
    expect(left.trim().split("\n")).toHaveLength(names.length);
    for (const process of [other, holder, namespace.process]) process.kill("SIGKILL");
    checked(["umount"], await host.asRoot(["umount", kept]));
    await host.asRoot(["ip", "link", "delete", "veth-own"]);
  });
});
