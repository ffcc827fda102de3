import { describe, expect, test } from "bun:test";
import { generateUnit, type UnitOptions } from "../../../../runtime/systemd/generate-unit.ts";
import { serviceOf, withoutService } from "../../../../runtime/systemd/service.ts";

const options: UnitOptions = {
  program: ["/usr/bin/cntnr"],
  container: "web",
  restart: "on-failure",
  stopSeconds: 10,
  wants: [],
  after: [],
  requires: [],
};
const record = { id: "0".repeat(64), image: "alpine:3.6" } as Parameters<typeof generateUnit>[0];
const linesOf = (changes: Partial<UnitOptions> = {}) =>
  generateUnit(record, { ...options, ...changes }).split("\n");

describe("a unit", () => {
  test("starts and stops the container that there is", () => {
    const lines = linesOf({
      wants: ["a.service"],
      after: ["b.service"],
      requires: ["c.service"],
      restartDelay: 3,
    });
    for (const line of [
      "ExecStart=/usr/bin/cntnr start --sdnotify=conmon web",
      "ExecStop=/usr/bin/cntnr stop --time=10 web",
      "TimeoutStopSec=70",
      "RestartSec=3",
      "Type=notify",
      ...["Wants=a.service", "After=b.service", "Requires=c.service"],
    ])
      expect(lines).toContain(line);
    expect(lines.join("\n")).not.toContain("ExecStartPre");
  });

  test("may make a new one each time", () => {
    const lines = linesOf({ runWords: ["--env=A=b", "alpine:3.6", "sh"] });
    expect(lines).toContain("ExecStartPre=/usr/bin/cntnr rm --force web");
    expect(lines).toContain(
      "ExecStart=/usr/bin/cntnr run --detach --sdnotify=conmon --name web --env=A=b alpine:3.6 sh",
    );
    expect(lines).toContain("ExecStopPost=/usr/bin/cntnr rm --force web");
  });

  test("gives systemd each word as it is", () => {
    const words = ["--env=A=$HOME %h", "image", "sh", "-c", 'echo "a\\b"\n', "it's"];
    const line = linesOf({ runWords: words }).find((text) => text.startsWith("ExecStart="));
    expect(line).toEndWith(String.raw`"--env=A=$$HOME %%h" image sh -c "echo \"a\\b\"\n" "it's"`);
  });
});

describe("a service manager", () => {
  const env = { PATH: "/bin", NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "1" };

  test("is there when it listens, and is told what is asked for", () => {
    expect(serviceOf(env, "healthy")).toEqual({ socket: "/run/notify", mode: "healthy" });
    expect(serviceOf(env, "ignore")).toBeUndefined();
    expect(serviceOf({}, "conmon")).toBeUndefined();
  });

  test("is no affair of what is started for a container", () => {
    expect(withoutService(env)).toEqual({ PATH: "/bin" });
  });
});
