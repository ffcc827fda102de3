import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupUsage, ownCgroup } from "../../../../runtime/cgroup/cgroup-usage.ts";

test("what a cgroup has used is read from its files, as far as they are there", () => {
  const directory = mkdtempSync(join(tmpdir(), "cntnr-cgroup-"));
  try {
    const files = {
      "cpu.stat": "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n",
      "memory.current": "1048576\n",
      "memory.max": "67108864\n",
      "memory.stat": "anon 5\ninactive_file 48576\nactive_file 7\n",
      "io.stat": "8:0 rbytes=100 wbytes=20 rios=1 wios=2\n8:16 rbytes=1 wbytes=2 rios=3 wios=4\n",
      "pids.current": "3\n",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    expect(cgroupUsage(directory)).toEqual({
      cpuTicks: new Map([[directory, 150]]),
      memoryBytes: 1_000_000,
      memoryLimitBytes: 67_108_864,
      readBytes: 101,
      writtenBytes: 22,
      processes: 3,
    });
    for (const name of Object.keys(files)) rmSync(join(directory, name));
    writeFileSync(join(directory, "memory.max"), "max\n");
    expect(cgroupUsage(directory)).toMatchObject({ memoryBytes: 0, readBytes: 0, processes: 0 });
    expect(cgroupUsage(directory).memoryLimitBytes).toBeUndefined();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a process that is in nobody's own cgroup has none", () => {
  expect(ownCgroup(process.pid, "a".repeat(64))).toBeUndefined();
  expect(ownCgroup(2 ** 30, "a".repeat(64))).toBeUndefined();
});
