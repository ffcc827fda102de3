import { busyboxImage, debianImage } from "../fixtures/images.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import { checked } from "../fixtures/users.ts";
import { attachDetach } from "./attach-scenario.ts";
import { buildCached, buildCold } from "./build-scenarios.ts";
import { containerScenarioMakers } from "./container-scenarios.ts";
import { imageScenarioMakers } from "./image-scenarios.ts";
import { attachBesideMany, transferBetween, transferToHost } from "./network-scenarios.ts";
import { type Bench, commandsOf, type Scenario, type ScenarioMaker } from "./scenario.ts";
import type { Contestant } from "./time-commands.ts";

/** Starts what all scenarios share: a registry with both images; the small one is pulled by both engines. */
export async function prepareBench(host: TestHost, stack: AsyncDisposableStack): Promise<Bench> {
  const user = host.users.alice;
  const shell = async (line: string) => {
    const argv = ["sh", "-c", line];
    return checked(argv, await host.asUser(user, argv, { timeoutMs: 300_000 })).stdout;
  };
  const registry = await host.startRegistry();
  const small = await registry.push(await busyboxImage(), "alpine:3.6");
  const debian = await registry.push(await debianImage(), "debian:bookworm");
  await shell(`cntnr image pull ${small} && podman pull --quiet ${small}`);
  let opened: Promise<unknown> | undefined;
  // Nobody is to be slowed down on purpose.
  const names = ["connect-burst", "connect-rate", "attach-burst", "attach-rate", "call-burst", "call-rate"];
  const args = names.flatMap((name) => ["--limit", `${name}=100000`]);
  const openBridges = async () => {
    opened ??= Promise.all([host.startNetd({ args }), shell("podman network create bridge-of-podman")]);
    await opened;
  };
  return { host, user, shell, small, debian, stack, openBridges };
}

export const scenarioMakers: Readonly<Record<string, ScenarioMaker>> = {
  ...containerScenarioMakers,
  "run-lab": runOnBridge,
  "run-lab-beside": runOnBusyBridge,
  ...imageScenarioMakers,
  "build-cold": buildCold,
  "build-cached": buildCached,
  "attach-detach": attachDetach,
  "attach-beside-900": attachBesideMany,
  "transfer-between": transferBetween,
  "transfer-to-host": transferToHost,
};

const runPodman = (network: string, image: string) =>
  `podman run --rm --network ${network} ${image.replace("docker://", "")} true`;

const bridgeContestants = (small: string): Contestant[] => [
  { name: "cntnr run --network lab", command: `cntnr run --rm --network lab ${small} true` },
  { name: "podman run --network", command: runPodman("bridge-of-podman", small) },
];

async function runOnBridge(bench: Bench): Promise<Scenario> {
  await bench.openBridges();
  return {
    id: "run-lab",
    title: "run `true`, a bridge, the user's only container on it",
    time: commandsOf(bench, bridgeContestants(bench.small)),
    bounds: [{ peer: "podman run --network", atMost: 0.5 }],
    isPull: false,
  };
}

/** Podman keeps its user-mode network up while any container uses it, which halves what the next one costs. */
async function runOnBusyBridge(bench: Bench): Promise<Scenario> {
  const { shell, small, openBridges } = bench;
  await openBridges();
  await shell(`cntnr run -d --network lab --name busy ${small} sleep 3600`);
  await shell(
    `podman run -d --network bridge-of-podman --name busy ${small.replace("docker://", "")} sleep 3600`,
  );
  return {
    id: "run-lab-beside",
    title: "run `true`, a bridge, beside another container of the user's on it",
    time: commandsOf(bench, bridgeContestants(bench.small)),
    bounds: [],
    isPull: false,
  };
}
