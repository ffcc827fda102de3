import { describe, expect, test } from "bun:test";
import type { NetworkMode } from "../../../../runtime/container/container-options.ts";
import { publishExposed } from "../../../../runtime/container/publish-exposed.ts";
import { plainNetwork, type RequestedPort } from "../../../../runtime/network/network-request.ts";

function free(containerPort: number, protocol: RequestedPort["protocol"] = "tcp"): RequestedPort {
  return { hostIp: "", hostPort: "free", containerPort, protocol };
}

function asked(ports: readonly RequestedPort[] = []): NetworkMode {
  const networks = [{ ...plainNetwork("lab"), ports }, plainNetwork("db")];
  return { kind: "netd", networks, exposedPorts: "published" };
}

function published(network: NetworkMode): readonly RequestedPort[] | undefined {
  return network.kind === "netd" ? network.networks[0]?.ports : undefined;
}

describe("-P", () => {
  test("gives a free port of the host to each that is exposed, on the first network, and is done then", () => {
    expect(publishExposed(asked(), ["80/tcp", "53/udp"])).toEqual({
      kind: "netd",
      networks: [{ ...plainNetwork("lab"), ports: [free(80), free(53, "udp")] }, plainNetwork("db")],
    });
  });

  test("adds nothing to a port that -p publishes, and publishes none twice", () => {
    const web = { ...free(80), hostPort: 8080 };
    expect(published(publishExposed(asked([web]), ["80/tcp", "80/udp", "80/udp"]))).toEqual([
      web,
      free(80, "udp"),
    ]);
  });

  test("takes ranges and ports without a protocol, and nothing of an image's that is no port", () => {
    expect(
      published(publishExposed(asked(), ["80", "90-91/TCP", "web", "0/tcp", "70000", "80/icmp"])),
    ).toEqual([free(80), free(90), free(91)]);
  });

  test("leaves a network alone where it is not asked for", () => {
    for (const network of [{ kind: "host" }, { kind: "netd", networks: [plainNetwork("lab")] }] as const)
      expect(publishExposed(network, ["80/tcp"])).toBe(network);
  });

  test("refuses more than netd takes", () => {
    expect(() => publishExposed(asked(), ["1-300"])).toThrow(
      "-P: 300 ports are to be published, and more than 256",
    );
  });
});
