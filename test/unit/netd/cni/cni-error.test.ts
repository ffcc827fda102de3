import { expect, test } from "bun:test";
import { CniDeleteError, CniError, type CniErrorKind, isTransient } from "../../../../netd/cni/cni-error.ts";

function errorOf(kind: CniErrorKind, code: number | undefined, details: string): CniError {
  const facts = { pluginType: "portmap", command: "ADD", kind, details } as const;
  return new CniError(code === undefined ? facts : { ...facts, code }, "went wrong");
}

test("names the plugin, the command, the reason and the details", () => {
  expect(errorOf("refused", 7, "subnet too small").message).toBe("portmap ADD: went wrong: subnet too small");
  expect(errorOf("refused", 7, "").message).toBe("portmap ADD: went wrong");
  expect(errorOf("failed", undefined, "x".repeat(1_000_000)).message.length).toBeLessThan(5000);
});

test("holds all failures of a DEL", () => {
  const error = new CniDeleteError([errorOf("refused", 1, "a"), errorOf("timed-out", undefined, "b")]);
  expect(error.message).toBe("portmap ADD: went wrong: a; portmap ADD: went wrong: b");
  expect(error.errors).toHaveLength(2);
});

test("is worth another attempt when the plugin or its iptables says so (R9)", () => {
  expect(isTransient(errorOf("refused", 11, ""))).toBe(true);
  expect(
    isTransient(errorOf("refused", 999, "running [/usr/sbin/iptables -t nat --wait]: exit status 4: lock")),
  ).toBe(true);
  expect(isTransient(errorOf("refused", 999, "running [/usr/sbin/iptables -t nat]: exit status 42"))).toBe(
    false,
  );
  expect(isTransient(errorOf("refused", 7, "exit status 4"))).toBe(false);
  expect(isTransient(errorOf("failed", undefined, "iptables: exit status 4"))).toBe(false);
  expect(isTransient(new Error("iptables: exit status 4"))).toBe(false);
});
