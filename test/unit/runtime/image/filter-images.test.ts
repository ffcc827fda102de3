import { describe, expect, test } from "bun:test";
import { digestOfHex } from "../../../../runtime/image/digest.ts";
import { filterImages, parseDuration } from "../../../../runtime/image/filter-images.ts";
import type { ImageSummary } from "../../../../runtime/image/list-images.ts";
import { splitName } from "../../../../runtime/image/reference.ts";

const now = Date.parse("2026-01-10T00:00:00Z");

function image(name: string, day: number, labels: Record<string, string> = {}): ImageSummary {
  const digest = digestOfHex(String(day).padStart(64, "0"));
  return {
    name,
    ...splitName(name),
    manifestDigest: digest,
    id: digest,
    parts: new Map(),
    created: `2026-01-0${day}T00:00:00Z`,
    sizeBytes: 1,
    labels,
    namedAt: "",
    usedAtMs: 0,
  };
}

const images = [
  image("docker.io/library/alpine:3.6", 1, { stage: "test", empty: "" }),
  image("docker.io/team/app:1", 2, { stage: "live" }),
  image("registry.example.org/team/app:2", 3),
  image("", 4),
];

const filtered = (...conditions: string[]) => filterImages(images, conditions, now).map(({ name }) => name);

describe("filters", () => {
  test.each([
    [["dangling=true"], [""]],
    [
      ["dangling=false", "label=stage"],
      ["docker.io/library/alpine:3.6", "docker.io/team/app:1"],
    ],
    [["label=stage=live"], ["docker.io/team/app:1"]],
    [["label=stage", "label=empty"], ["docker.io/library/alpine:3.6"]],
    [["label=constructor"], []],
    [["reference=alpine"], ["docker.io/library/alpine:3.6"]],
    [["reference=alp*:3.?"], ["docker.io/library/alpine:3.6"]],
    [["reference=team/*"], ["docker.io/team/app:1"]],
    [["reference=*/*/app"], ["docker.io/team/app:1", "registry.example.org/team/app:2"]],
    [
      ["reference=alpine", "reference=team/app:1"],
      ["docker.io/library/alpine:3.6", "docker.io/team/app:1"],
    ],
    [["reference=a.pine"], []],
    [["before=team/app:1"], ["docker.io/library/alpine:3.6"]],
    [["since=team/app:1", "dangling=false"], ["registry.example.org/team/app:2"]],
    [["until=2026-01-02T12:00:00Z"], ["docker.io/library/alpine:3.6", "docker.io/team/app:1"]],
    [["until=8d12h"], ["docker.io/library/alpine:3.6"]],
  ])("%p leave %p", (conditions, names) => {
    expect(filtered(...conditions)).toEqual(names);
  });

  test.each(["colour=red", "dangling", "dangling=maybe", "until=soon", "constructor=x", "reference=["])(
    "%p is refused",
    (condition) => {
      expect(() => filtered(condition)).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );
});

test("durations are counts with their units", () => {
  expect(["90s", "1h30m", "1.5h", "7d", "2w"].map(parseDuration)).toEqual([
    90_000, 5_400_000, 5_400_000, 604_800_000, 1_209_600_000,
  ]);
  expect(["", "5", "h", "1y", "-1h", "1h 2m"].map(parseDuration)).toEqual(
    Array.from({ length: 6 }, () => undefined),
  );
});
