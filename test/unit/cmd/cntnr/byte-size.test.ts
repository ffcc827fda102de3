import { expect, test } from "bun:test";
import { decimalSize, parseSize } from "../../../../cmd/cntnr/byte-size.ts";

test("sizes are printed as docker prints them", () => {
  expect([0, 999, 1000, 1236, 77_812_345, 1_240_000_000, 5e15].map(decimalSize)).toEqual([
    "0B",
    "999B",
    "1kB",
    "1.24kB",
    "77.8MB",
    "1.24GB",
    "5PB",
  ]);
});

test("sizes are taken as docker takes them", () => {
  expect(["0", "512", "1k", "1.5M", "2gb", "1GiB", "3T"].map(parseSize)).toEqual([
    0,
    512,
    1024,
    1_572_864,
    2 * 1024 ** 3,
    1024 ** 3,
    3 * 1024 ** 4,
  ]);
  expect(["", "x", "-1", "1x", "1 000"].map(parseSize)).toEqual(Array.from({ length: 5 }, () => undefined));
});
