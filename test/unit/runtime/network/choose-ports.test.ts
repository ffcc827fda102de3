import { describe, expect, test } from "bun:test";
import { choosePorts } from "../../../../runtime/network/choose-ports.ts";
import type { RequestedPort } from "../../../../runtime/network/network-request.ts";

const free: RequestedPort = { hostIp: "", hostPort: "free", containerPort: 80, protocol: "tcp" };
const nothingElse = { held: new Set<string>(), taken: new Set<string>() };

/** The ports that are chosen, as if chance always gave the same. */
function chosen(
  requested: readonly RequestedPort[],
  grants: readonly string[],
  { held = [], taken = [], chance = 0 }: { held?: string[]; taken?: string[]; chance?: number } = {},
): number[] {
  const knowledge = { grants, held: new Set(held), taken: new Set(taken) };
  return choosePorts(requested, knowledge, () => chance).map(({ hostPort }) => hostPort);
}

describe("a free port of the host", () => {
  test("is one of those that rules give for its protocol", () => {
    const grants = ["443/tcp, 8000-8001/tcp, 9000/udp"];
    expect(chosen([free], grants)).toEqual([8000]);
    expect(chosen([{ ...free, protocol: "udp" }], grants)).toEqual([9000]);
    expect(choosePorts([{ ...free, hostIp: "192.0.2.1" }], { grants, ...nothingElse }, () => 0)).toEqual([
      { hostIp: "192.0.2.1", hostPort: 8000, containerPort: 80, protocol: "tcp" },
    ]);
  });

  test("is a high one where there is one, and which of them is chance", () => {
    expect(chosen([free], ["1024-65535/tcp"])).toEqual([49_152]);
    expect(chosen([free], ["1024-65535/tcp"], { chance: 0.99999 })).toEqual([65_535]);
    expect(chosen([free], ["8000-8009/tcp"], { chance: 0.55 })).toEqual([8005]);
  });

  test("is another one for each, also than those that are named", () => {
    const named = { ...free, hostPort: 8001 };
    expect(chosen([free, named, free], ["8000-8002/tcp"])).toEqual([8000, 8001, 8002]);
    expect(chosen([free, { ...free, protocol: "udp" }], ["8000/tcp, 8000/udp"])).toEqual([8000, 8000]);
    expect(chosen([{ ...free, hostIp: "192.0.2.1" }, free], ["8000-8001/tcp"])).toEqual([8000, 8001]);
  });

  test("comes from several rules, whose ports may be the same", () => {
    expect(chosen([free, free, free], ["8000-8001/tcp", "8001-8002/tcp"])).toEqual([8000, 8001, 8002]);
  });

  test("is not one that somebody has, and one of the user's other containers only in the end", () => {
    const grants = ["8000-8002/tcp"];
    expect(chosen([free], grants, { taken: ["8000/tcp"] })).toEqual([8001]);
    expect(chosen([free], grants, { taken: ["8000/udp"] })).toEqual([8000]);
    expect(chosen([free, free], grants, { held: ["8000/tcp", "8001/tcp"] })).toEqual([8002, 8000]);
  });

  test("is given on the address where the rule gives it", () => {
    const grants = [
      "8000/tcp on 192.0.2.1; 8001/tcp, 8002/tcp on 198.51.100.0/28, 2001:db8::/64",
      "8003/tcp",
    ];
    const on = (hostIp: string) => chosen([{ ...free, hostIp }], grants);
    expect(on("192.0.2.1")).toEqual([8000]);
    expect(on("198.51.100.15")).toEqual([8001]);
    expect(on("198.51.100.16")).toEqual([8003]);
    expect(on("2001:db8::5")).toEqual([8001]);
    expect(on("::")).toEqual([8001]);
    expect(on("0.0.0.0")).toEqual([8000]);
    expect(on("")).toEqual([8000]);
  });

  test.each([[[]], [["none"]], [["443/tcp"]], [["8000/udp"]], [["8000/tcp on 192.0.2.2"]]])(
    "cannot be had of the grants %j",
    (grants) => {
      expect(() => chosen([{ ...free, hostIp: "192.0.2.1" }], grants)).toThrow(
        expect.objectContaining({
          code: "not-permitted",
          message:
            "no free tcp port of 192.0.2.1 for 80/tcp can be chosen: no rule gives you any from 1024 on",
        }),
      );
    },
  );

  test("cannot be had when all are taken", () => {
    expect(() => chosen([free], ["8000/tcp"], { taken: ["8000/tcp"] })).toThrow(
      expect.objectContaining({
        code: "conflict",
        message: "no tcp port of the host for 80/tcp is free of those that rules give you",
      }),
    );
    expect(() => chosen([free, free], ["8000/tcp"])).toThrow("is free of those");
  });
});

test("ports that are named need no rule that we know: netd decides about them", () => {
  expect(chosen([{ ...free, hostPort: 443 }], [])).toEqual([443]);
});
