import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CniDeleteError, CniError } from "../../../../netd/cni/cni-error.ts";
import { type Conflist, parseConflist } from "../../../../netd/cni/conflist.ts";
import {
  addNetwork,
  type CniAttachment,
  checkNetwork,
  deleteNetwork,
  type ExecuteOptions,
  once,
} from "../../../../netd/cni/execute.ts";
import { PluginDirectory } from "../../../../netd/cni/plugin-directory.ts";
import { TestPlugins } from "../../../fixtures/cni-plugins.ts";
import { TestHost } from "../../../fixtures/test-host.ts";
import { checked } from "../../../fixtures/users.ts";
import { waitFor } from "../../../fixtures/wait-for.ts";

let host: TestHost;
let plugins: TestPlugins;
let options: ExecuteOptions;

beforeAll(async () => {
  host = await TestHost.start();
  plugins = new TestPlugins(host).real(
    "bridge",
    "host-local",
    "portmap",
    "firewall",
    "bandwidth",
    "tuning",
    "ptp",
    "macvlan",
  );
  const leaseDir = join(host.directory, "leases");
  mkdirSync(leaseDir);
  options = { plugins: new PluginDirectory(plugins.path), leaseDir, timeoutMs: 20_000 };
});
afterAll(() => host[Symbol.asyncDispose]());

type PluginJson = { readonly type: string } & Readonly<Record<string, unknown>>;

function conflistOf(name: string, chain: readonly PluginJson[], cniVersion = "1.0.0"): Conflist {
  return parseConflist(JSON.stringify({ cniVersion, name, plugins: chain }), `${name}.conflist`);
}

let subnets = 0;

/** host-local with a subnet of the test's own. */
function ipam(): Record<string, unknown> {
  const subnet = `10.66.${++subnets}.0/24`;
  return { type: "host-local", ranges: [[{ subnet }]], routes: [{ dst: "0.0.0.0/0" }] };
}

function bridge(more: Readonly<Record<string, unknown>> = {}): PluginJson {
  return { type: "bridge", bridge: `br${subnets}`, isGateway: true, ipam: ipam(), ...more };
}

/** An attachment of a new namespace, which lives as long as the host does. */
async function newAttachment(
  capabilityArguments: CniAttachment["capabilityArguments"] = {},
  keptAddresses: readonly string[] = [],
): Promise<CniAttachment> {
  const holder = host.spawnAsRoot(["unshare", "--net", "sh", "-c", "echo in $$; exec sleep 1000"]);
  const [, pid] = await holder.waitForOutput(/^in (\d+)$/m);
  return {
    containerId: `c${randomBytes(16).toString("hex").slice(1)}`,
    netnsPath: `/proc/${pid}/ns/net`,
    interfaceName: "eth0",
    capabilityArguments,
    keptAddresses,
  };
}

async function output(...argv: readonly string[]): Promise<string> {
  return checked(argv, await host.asRoot(argv)).stdout;
}

function inNamespace(attachment: CniAttachment, ...argv: readonly string[]): Promise<string> {
  return output("nsenter", `--net=${attachment.netnsPath}`, ...argv);
}

function leases(conflist: Conflist): string[] {
  const directory = join(options.leaseDir, conflist.name);
  return existsSync(directory) ? readdirSync(directory).filter((name) => /^[\d.]+$/.test(name)) : [];
}

/** A dead process stays listed until its parent asks for its end. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

async function failure(running: Promise<unknown>): Promise<unknown> {
  return running.then(
    () => {
      throw new Error("did not fail as it should");
    },
    (error: unknown) => error,
  );
}

test("what DEL is prepared by is done once, also when the first plugin cannot be started (F14)", async () => {
  const conflist = conflistOf("absent", [bridge(), { type: "nowhere-to-be-found" }]);
  let prepared = 0;
  const prepare = once(() => void prepared++);
  const attachment = await newAttachment();
  await expect(deleteNetwork(conflist, attachment, undefined, options, prepare)).rejects.toThrow(
    CniDeleteError,
  );
  expect(prepared).toBe(1);
});

describe("addresses that are kept for who asks for them", () => {
  test("host-local gives to nobody else, and gives when they are asked for", async () => {
    const kept = ["10.67.0.4/31"];
    const leasing = { type: "host-local", ranges: [[{ subnet: "10.67.0.0/29" }]] };
    const capabilities = { ips: true };
    const conflist = conflistOf("kept", [
      { type: "bridge", bridge: "kept0", isGateway: true, ipam: leasing, capabilities },
    ]);
    const attachments: CniAttachment[] = [];
    const given = async (ips?: string[]) => {
      const attachment = await newAttachment(ips ? { ips } : {}, kept);
      attachments.push(attachment);
      const result = await addNetwork(conflist, attachment, options);
      return { attachment, result, address: result.ips[0]?.address };
    };
    const host = (last: number) => `10.67.0.${last}`;
    const first = await given();
    const all = [first, await given(), await given()];
    expect(all.map(({ address }) => address)).toEqual([2, 3, 6].map((last) => `${host(last)}/29`));
    // Of those without there are no more.
    await expect(given()).rejects.toThrow("no IP addresses available");
    const asked = await given([host(5)]);
    expect(asked.address).toBe(`${host(5)}/29`);
    await deleteNetwork(conflist, first.attachment, undefined, options);
    expect((await given()).address).toBe(`${host(2)}/29`);
    await checkNetwork(conflist, asked.attachment, asked.result, options);
    for (const attachment of attachments) await deleteNetwork(conflist, attachment, undefined, options);
    expect(leases(conflist)).toEqual([]);
  });
});

describe("chains of real plugins", () => {
  test.each(["0.3.1", "0.4.0", "1.0.0"])(
    "a bridge is made, checked and taken away in version %s",
    async (version) => {
      const conflist = conflistOf(`plain${version.replaceAll(".", "")}`, [bridge()], version);
      const attachment = await newAttachment();
      const result = await addNetwork(conflist, attachment, options);
      const [address = ""] = result.ips.map((ip) => ip.address);
      expect(await inNamespace(attachment, "ip", "-o", "addr", "show", "eth0")).toContain(address);
      expect(leases(conflist)).toEqual([address.replace("/24", "")]);
      expect(result.json.cniVersion).toBe(version);
      const checkable = version !== "0.3.1";
      expect(await checkNetwork(conflist, attachment, result, options)).toBe(
        checkable ? "as-expected" : "not-asked",
      );
      await deleteNetwork(conflist, attachment, result, options);
      expect(leases(conflist)).toEqual([]);
      expect(await output("ip", "-o", "link", "show", "type", "veth")).toBe("");
    },
  );

  test.each(["0.4.0", "1.0.0"])(
    "every plugin of a chain has the result of the one before it (%s)",
    async (version) => {
      const chain: PluginJson[] = [
        bridge({ capabilities: { mac: true, ips: true } }),
        { type: "portmap" },
        { type: "firewall", backend: "iptables" },
        { type: "bandwidth", ingressRate: 8_000_000, ingressBurst: 800_000 },
        { type: "tuning", sysctl: { "net.ipv4.conf.all.arp_filter": "1" } },
      ];
      const conflist = conflistOf(`chain${version.replaceAll(".", "")}`, chain, version);
      const address = `10.66.${subnets}.77`;
      const attachment = await newAttachment({
        mac: "02:00:00:00:00:77",
        ips: [`${address}/24`],
      });
      const result = await addNetwork(conflist, attachment, options);
      expect(result.ips.map((ip) => ip.address)).toEqual([`${address}/24`]);
      expect(await inNamespace(attachment, "ip", "-o", "link", "show", "eth0")).toContain(
        "02:00:00:00:00:77",
      );
      expect(await output("tc", "qdisc", "show")).toContain("tbf");
      expect(await checkNetwork(conflist, attachment, result, options)).toBe("as-expected");
      await deleteNetwork(conflist, attachment, result, options);
      expect(leases(conflist)).toEqual([]);
      expect(await output("tc", "qdisc", "show")).not.toContain("tbf");
      expect(await output("iptables", "-S")).not.toContain(address);
    },
  );

  test("ptp", async () => {
    const conflist = conflistOf("direct", [{ type: "ptp", ipam: ipam() }]);
    const attachment = await newAttachment();
    const result = await addNetwork(conflist, attachment, options);
    expect(await inNamespace(attachment, "ip", "route")).toContain("default via");
    expect(await checkNetwork(conflist, attachment, result, options)).toBe("as-expected");
    await deleteNetwork(conflist, attachment, result, options);
    expect(await output("ip", "-o", "link", "show", "type", "veth")).toBe("");
  });

  test("macvlan", async () => {
    await output("ip", "link", "add", "parent0", "type", "bridge");
    await output("ip", "link", "set", "parent0", "up");
    const conflist = conflistOf("lan", [
      { type: "macvlan", master: "parent0", mode: "bridge", ipam: ipam() },
    ]);
    const attachment = await newAttachment();
    const result = await addNetwork(conflist, attachment, options);
    expect(await inNamespace(attachment, "ip", "-o", "link", "show", "eth0")).toContain("eth0@");
    expect(await checkNetwork(conflist, attachment, result, options)).toBe("as-expected");
    await deleteNetwork(conflist, attachment, result, options);
    expect(leases(conflist)).toEqual([]);
  });

  test("CHECK finds what somebody else has changed", async () => {
    const conflist = conflistOf("changed", [bridge()]);
    const attachment = await newAttachment();
    const result = await addNetwork(conflist, attachment, options);
    await inNamespace(attachment, "ip", "addr", "flush", "dev", "eth0");
    const error = await failure(checkNetwork(conflist, attachment, result, options));
    expect(error).toBeInstanceOf(CniError);
    expect(error).toMatchObject({ pluginType: "bridge", command: "CHECK" });
    await deleteNetwork(conflist, attachment, result, options);
  });

  test("CHECK is not asked where the admin has disabled it", async () => {
    const json = { cniVersion: "1.0.0", name: "unchecked", disableCheck: true, plugins: [bridge()] };
    const conflist = parseConflist(JSON.stringify(json), "unchecked.conflist");
    const attachment = await newAttachment();
    const result = await addNetwork(conflist, attachment, options);
    await inNamespace(attachment, "ip", "link", "del", "eth0");
    expect(await checkNetwork(conflist, attachment, result, options)).toBe("not-asked");
    await deleteNetwork(conflist, attachment, result, options);
  });

  test("DEL may come again, and when the namespace is gone (F5)", async () => {
    const conflist = conflistOf("gone", [bridge()]);
    const attachment = await newAttachment();
    const result = await addNetwork(conflist, attachment, options);
    await deleteNetwork(conflist, { ...attachment, netnsPath: "" }, result, options);
    await deleteNetwork(conflist, attachment, result, options);
    await deleteNetwork(conflist, attachment, undefined, options);
    expect(leases(conflist)).toEqual([]);
  });

  test("an address that somebody has already is refused by host-local, with its reason", async () => {
    const conflist = conflistOf("taken", [bridge({ capabilities: { ips: true } })]);
    const ips = [`10.66.${subnets}.50/24`];
    const first = await newAttachment({ ips });
    const result = await addNetwork(conflist, first, options);
    const second = await newAttachment({ ips });
    const error = await failure(addNetwork(conflist, second, options));
    expect(error).toMatchObject({ kind: "refused", pluginType: "bridge" });
    await deleteNetwork(conflist, second, undefined, options);
    expect(leases(conflist)).toEqual([`10.66.${subnets}.50`]);
    await deleteNetwork(conflist, first, result, options);
  });

  test("DEL goes on after a plugin that fails, and says which it was (F4)", async () => {
    plugins.script(
      "stubborn",
      '[ "$CNI_COMMAND" = DEL ] && { echo \'{"code":7,"msg":"will not"}\'; exit 1; }\nsed \'s/.*"prevResult"://; s/}$//\'',
    );
    const conflist = conflistOf("stubborn", [bridge(), { type: "stubborn" }]);
    const attachment = await newAttachment();
    const result = await addNetwork(conflist, attachment, options);
    const error = await failure(deleteNetwork(conflist, attachment, result, options));
    expect(error).toBeInstanceOf(CniDeleteError);
    expect(String(error)).toContain("stubborn DEL: will not (code 7)");
    expect(leases(conflist)).toEqual([]);
    expect(await output("ip", "-o", "link", "show", "type", "veth")).toBe("");
  });

  test("what a chain had made when its second plugin failed goes away with DEL (F3)", async () => {
    plugins.script(
      "refusing",
      '[ "$CNI_COMMAND" = ADD ] && { echo \'{"code":11,"msg":"later"}\'; exit 1; }\nexit 0',
    );
    const conflist = conflistOf("half", [bridge(), { type: "refusing" }]);
    const attachment = await newAttachment();
    expect(await failure(addNetwork(conflist, attachment, options))).toMatchObject({ code: 11 });
    expect(leases(conflist)).toHaveLength(1);
    await deleteNetwork(conflist, attachment, undefined, options);
    expect(leases(conflist)).toEqual([]);
    expect(await output("ip", "-o", "link", "show", "type", "veth")).toBe("");
  });
});

describe("plugins that misbehave", () => {
  async function addWith(script: string, more: Partial<ExecuteOptions> = {}): Promise<unknown> {
    plugins.script("odd", script);
    const conflist = conflistOf("odd", [{ type: "odd" }]);
    return failure(addNetwork(conflist, await newAttachment(), { ...options, ...more }));
  }

  test("one that hangs is killed with everything that it started (R8)", async () => {
    const marker = join(host.directory, "hung");
    const error = await addWith(`sleep 1234 & echo $! > ${marker}; wait`, { timeoutMs: 500 });
    expect(error).toMatchObject({ kind: "timed-out", pluginType: "odd" });
    const pid = readFileSync(marker, "utf8").trim();
    await waitFor(() => !isRunning(pid), { what: "the end of what it started" });
  });

  test("one that floods is killed (R8)", async () => {
    expect(await addWith("yes")).toMatchObject({ kind: "too-much-output" });
  });

  test.each([
    ["garbage", "echo hello"],
    ["nothing", "exit 0"],
    ["no object", "echo '[1, 2]'"],
    ["an unknown version", `echo '{"cniVersion":"9.9.9"}'`],
    ["an address without prefix", `echo '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.1"}]}'`],
    ["an octal address", `echo '{"cniVersion":"1.0.0","ips":[{"address":"010.0.0.1/8"}]}'`],
    [
      "an interface that is not there",
      `echo '{"cniVersion":"1.0.0","interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/8","interface":4}]}'`,
    ],
    ["a name with a line break", `echo '{"cniVersion":"1.0.0","interfaces":[{"name":"a\\nb"}]}'`],
    [
      "a name server that is none",
      `echo '{"cniVersion":"1.0.0","dns":{"nameservers":["1.1.1.1\\noptions x"]}}'`,
    ],
  ])("one that prints %s has no result", async (_, script) => {
    expect(await addWith(script)).toMatchObject({ kind: "bad-output", command: "ADD" });
  });

  test("one that ends badly without a reason is quoted", async () => {
    const error = await addWith("echo 'no such bridge' >&2; exit 3");
    expect(error).toMatchObject({ kind: "failed", details: "no such bridge" });
    expect(String(error)).toContain("ended with 3");
  });

  test("each failure of one is counted", async () => {
    const failed: string[] = [];
    await addWith("exit 3", { onFailure: (type) => failed.push(type) });
    expect(failed).toEqual(["odd"]);
  });

  test("one that is missing, writable by others or not root's is not run (R3)", async () => {
    plugins.script("odd", "exit 0");
    const attachment = await newAttachment();
    for (const change of ["chmod 777", "chown 1", "chmod 000", "rm"]) {
      await output("sh", "-c", `${change} ${join(plugins.path, "odd")}`);
      const error = await failure(addNetwork(conflistOf("odd", [{ type: "odd" }]), attachment, options));
      expect(error).toMatchObject({ kind: "missing" });
      plugins.script("odd", "exit 0");
      await output("sh", "-c", `chown 0 ${join(plugins.path, "odd")}`);
    }
  });

  test("one that does not support the conflist's version fails the self-test, with what it supports (F9)", async () => {
    plugins.script("old", "exit 0", ["0.4.0"]);
    const conflist = conflistOf("old", [{ type: "old" }]);
    const error = await failure(options.plugins.selfTest(conflist, options));
    expect(String(error)).toContain("does not support cniVersion 1.0.0, only 0.4.0");
  });

  test("a chain of version 1.1.0 runs where its plugins know it", async () => {
    plugins.script(
      "modern",
      `[ "$CNI_COMMAND" = ADD ] && echo '{"cniVersion":"1.1.0","interfaces":[{"name":"eth0","mtu":1400,"sandbox":"x"}],"ips":[{"address":"10.1.1.2/24","interface":0}]}'; exit 0`,
    );
    const conflist = conflistOf("modern", [{ type: "modern" }], "1.1.0");
    await options.plugins.selfTest(conflist, options);
    const attachment = await newAttachment();
    const result = await addNetwork(conflist, attachment, options);
    expect(result.ips).toEqual([{ address: "10.1.1.2/24", gateway: undefined, interface: 0 }]);
    expect(await checkNetwork(conflist, attachment, result, options)).toBe("as-expected");
  });

  test("nothing of the caller's environment or of other descriptors reaches a plugin (R1, R7)", async () => {
    const seen = join(host.directory, "seen");
    process.env.CNI_ARGS = "IP=192.0.2.1";
    process.env.CNI_NETNS_OVERRIDE = "true";
    try {
      await addWith(`env > ${seen}; ls /proc/self/fd >> ${seen}; exit 1`);
    } finally {
      delete process.env.CNI_ARGS;
      delete process.env.CNI_NETNS_OVERRIDE;
    }
    const names = readFileSync(seen, "utf8")
      .split("\n")
      .flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
    const own = ["CNI_COMMAND", "CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS", "CNI_PATH", "PATH"];
    expect(names.filter((name) => name !== "PWD").sort()).toEqual(own);
    const descriptors = readFileSync(seen, "utf8")
      .split("\n")
      .filter((line) => /^\d+$/.test(line));
    // Its three, and the one by which ls reads the list.
    expect(descriptors).toEqual(["0", "1", "2", "3"]);
  });
});
