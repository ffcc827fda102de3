import { describe, expect, test } from "bun:test";
import { type Stats, statSync } from "node:fs";
import { planResources } from "../../../../runtime/bundle/resource-plan.ts";
import {
  checkCgroupParent,
  parseChangedResources,
  parseDeviceLimit,
  parseResources,
  type ResourceWords,
} from "../../../../runtime/container/resource-flags.ts";
import { mergeResources } from "../../../../runtime/container/update-limits.ts";

describe("limits of what a container may use", () => {
  test("are none without flags, and with docker's words for none", () => {
    expect(parseResources({})).toBeUndefined();
    expect(parseResources({ "pids-limit": "-1" })).toBeUndefined();
  });

  test("are in bytes, microseconds and numbers", () => {
    expect(
      parseResources({ memory: "64m", cpus: "1.5", "pids-limit": "100", "cpuset-cpus": "0-1,3" }),
    ).toEqual({
      memoryBytes: 64 * 2 ** 20,
      // Docker's: as much swap again.
      memorySwapBytes: 128 * 2 ** 20,
      cpuQuotaUs: 150_000,
      cpuPeriodUs: 100_000,
      pids: 100,
      cpusetCpus: "0-1,3",
    });
    expect(parseResources({ memory: "64m", "memory-swap": "-1" })).toMatchObject({ memorySwapBytes: -1 });
    expect(parseResources({ "cpu-quota": "50000", "cpu-period": "20000", "cpu-shares": "512" })).toEqual({
      cpuQuotaUs: 50_000,
      cpuPeriodUs: 20_000,
      cpuShares: 512,
    });
  });

  test.each<[ResourceWords, string]>([
    [{ memory: "much" }, "is not a size"],
    [{ memory: "1m" }, "less than 6m"],
    [{ "memory-swap": "64m" }, "needs --memory"],
    [{ memory: "64m", "memory-swap": "32m" }, "not less than --memory"],
    [{ memory: "64m", "memory-reservation": "65m" }, "above --memory"],
    [{ cpus: "0" }, "like 0.5 or 2"],
    [{ cpus: "1", "cpu-quota": "5000" }, "in one"],
    [{ "cpuset-cpus": "0-" }, "a list like"],
    [{ "pids-limit": "many" }, "from 1"],
    [{ "blkio-weight": "5" }, "from 10 to 1000"],
  ])("are not %j", (words, problem) => {
    expect(() => parseResources(words)).toThrow(problem);
  });
});

describe("limits that are changed", () => {
  test("leave what is not said as it is", () => {
    expect(parseChangedResources({})).toBeUndefined();
    expect(parseChangedResources({ memory: "64m" })).toEqual({ memoryBytes: 64 * 2 ** 20 });
    expect(parseChangedResources({ "memory-swap": "128m" })).toEqual({ memorySwapBytes: 128 * 2 ** 20 });
    expect(parseChangedResources({ "pids-limit": "-1", "memory-swap": "-1" })).toEqual({
      pids: -1,
      memorySwapBytes: -1,
    });
    expect(() => parseChangedResources({ memory: "1m" })).toThrow("less than 6m");
    const present = { memory: { limit: 1, swap: 2 }, pids: { limit: 3 } };
    expect(mergeResources(present, { memory: { limit: 5 }, cpu: { shares: 7 } })).toEqual({
      memory: { limit: 5, swap: 2 },
      cpu: { shares: 7 },
      pids: { limit: 3 },
    });
  });
});

test("a cgroup of one's own can be given a parent, in or below the user's", () => {
  const delegation = { kind: "delegated", path: "/user.slice/me", controllers: new Set<string>() } as const;
  const pathFor = (parent?: string) => planResources({}, delegation, "id", parent).cgroupsPath;
  expect(pathFor()).toBe("/user.slice/me/cntnr/id");
  expect(pathFor("jobs/7")).toBe("/user.slice/me/jobs/7/id");
  expect(pathFor("/user.slice/me/jobs")).toBe("/user.slice/me/jobs/id");
  expect(() => pathFor("/system.slice")).toThrow("not below your own cgroup, /user.slice/me");
  expect(() => pathFor("/user.slice/me/../you")).toThrow("not below your own");
  expect(() => checkCgroupParent("a/../b")).toThrow("--cgroup-parent");
});

describe("limits of a device", () => {
  const disk = { isBlockDevice: () => true, rdev: 0xfd10 } as Stats;
  const look = (path: string) => ({ "/dev/disk": disk, "/dev/null": statSync("/dev/null") })[path];

  test("are rates with its numbers", () => {
    const limit = parseDeviceLimit("device-read-bps", "/dev/disk:1m", look);
    expect(limit).toEqual({ kind: "device-read-bps", major: 253, minor: 16, value: 2 ** 20 });
    const weight = parseDeviceLimit("blkio-weight-device", "/dev/disk:100", look);
    const delegation = { kind: "delegated", path: "/", controllers: new Set(["io"]) } as const;
    const limits = parseResources({}, [limit, weight]) ?? {};
    expect(planResources(limits, delegation, "id")).toEqual({
      cgroupsPath: "/cntnr/id",
      resources: {
        blockIO: {
          weightDevice: [{ major: 253, minor: 16, weight: 100 }],
          throttleReadBpsDevice: [{ major: 253, minor: 16, rate: 2 ** 20 }],
        },
      },
    });
  });

  test.each([
    ["device-read-bps", "/dev/disk", "DEVICE:VALUE"],
    ["device-read-iops", "/dev/disk:1m", "out of range"],
    ["device-write-bps", "/dev/none:1m", "does not exist"],
    ["device-write-iops", "/dev/null:5", "not a block device"],
    ["blkio-weight-device", "/dev/disk:5", "out of range"],
  ] as const)("are not %s %s", (kind, text, problem) => {
    expect(() => parseDeviceLimit(kind, text, look)).toThrow(problem);
  });
});

describe("the cgroup of a container with limits", () => {
  const limits = { memoryBytes: 64 * 2 ** 20, pids: 5 };
  const delegated = (...controllers: string[]) =>
    ({ kind: "delegated", path: "/user@1", controllers: new Set(controllers) }) as const;

  test("is below the user's own", () => {
    expect(planResources(limits, delegated("memory", "pids", "cpu"), "id")).toEqual({
      cgroupsPath: "/user@1/cntnr/id",
      resources: { memory: { limit: 64 * 2 ** 20 }, pids: { limit: 5 } },
    });
    expect(
      planResources(
        { cpusetCpus: "0", cpuQuotaUs: 1, blkioWeight: 10 },
        delegated("cpu", "cpuset", "io"),
        "id",
      ).resources,
    ).toEqual({
      cpu: { quota: 1, cpus: "0" },
      blockIO: { weight: 10 },
    });
  });

  test("is refused where a limit would not hold, with what is missing and where to find what mends it", () => {
    expect(() => planResources(limits, delegated("memory"), "id")).toThrow(
      "does not pass pids on; `cntnr doctor` names the command that mends it",
    );
    const none = { kind: "none", hierarchy: "v2", reason: "there is none" } as const;
    expect(() => planResources(limits, none, "id")).toThrow("memory, pids, and there is none");
  });
});
