import { join } from "node:path";
import { compileProgram, netdSocket } from "../fixtures/call-netd.ts";
import type { CyclesInput, CycleTimes } from "../fixtures/netd-cycles.ts";
import type { PluginCyclesInput } from "../fixtures/plugin-cycles.ts";
import { labConflist } from "../fixtures/test-host.ts";
import { makeNamespace } from "../fixtures/user-namespaces.ts";
import { checked } from "../fixtures/users.ts";
import type { Bench, Scenario } from "./scenario.ts";
import { timeCalls } from "./time-calls.ts";

/** Of which the median is one measurement. */
const cyclesAtOnce = 20;
/**
 * These come first and are not counted: a client that has just been started takes half as long again, until its engine has
 * compiled what it runs. What that costs a user is in `run-lab`.
 */
const firstCycles = 15;

/** Attach and detach through netd, until nothing is left, against the plugin's ADD and DEL by themselves. */
export async function attachDetach({ host, user, openBridges }: Bench): Promise<Scenario> {
  await openBridges();
  const [netdNamespace, plainNamespace] = [await makeNamespace(host, user), await makeNamespace(host, user)];
  const cyclesInput: CyclesInput = {
    socket: netdSocket,
    pid: netdNamespace.pid,
    network: "lab",
    count: firstCycles + cyclesAtOnce,
  };
  const [plugin] = labConflist.plugins;
  if (!plugin) throw new Error("the conflist has no plugin");
  const ipam = { ...plugin.ipam, dataDir: join(host.directory, "plain-leases") };
  const pluginInput: PluginCyclesInput = {
    netns: `/proc/${plainNamespace.pid}/ns/net`,
    configuration: { cniVersion: labConflist.cniVersion, name: "plain", ...plugin, ipam },
    pluginDirectory: "/usr/lib/cni",
    count: firstCycles + cyclesAtOnce,
  };
  const netdCycles = [await compileProgram(host, "netd-cycles"), JSON.stringify(cyclesInput)];
  const pluginCycles = [
    process.execPath,
    join(import.meta.dirname, "../fixtures/plugin-cycles.ts"),
    JSON.stringify(pluginInput),
  ];
  const throughNetd = async () => {
    const times = JSON.parse(checked(netdCycles, await host.asUser(user, netdCycles)).stdout) as CycleTimes[];
    return medianOfLater(times.map(({ attachMs, detachMs }) => attachMs + detachMs));
  };
  const byThemselves = async () =>
    medianOfLater(JSON.parse(checked(pluginCycles, await host.asRoot(pluginCycles)).stdout) as number[]);
  return {
    id: "attach-detach",
    title: "attach and detach, until nothing is left",
    time: (rounds) =>
      timeCalls(
        [
          { name: "netd", call: throughNetd },
          { name: "the plugin by itself", call: byThemselves },
        ],
        rounds,
      ),
    bounds: [{ peer: "the plugin by itself", atMost: 1.5 }],
    isPull: false,
  };
}

function medianOfLater(times: readonly number[]): number {
  return times.slice(firstCycles).toSorted((a, b) => a - b)[Math.floor(cyclesAtOnce / 2)] ?? Number.NaN;
}
