import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const contract = readFileSync(join(import.meta.dir, "../../../../proto/netd.proto"), "utf8");

function fieldsOf(message: string): string[] {
  const [, body = ""] = new RegExp(`^message ${message} \\{$(.*?)^\\}$`, "ms").exec(contract) ?? [];
  return [...body.matchAll(/^ {2}(?:repeated )?\w+ (\w+) = \d+;$/gm)].map(([, name = ""]) => name);
}

// A new field is a decision: what it gives the caller a say in has to be judged by the policy first.
test("a request has words for what the policy judges, and for no MTU, VLAN, bridge, sysctl, path or id of the caller's (R14, P2)", () => {
  expect(fieldsOf("AttachRequest")).toEqual([
    "network",
    "netns_fd",
    "lease_fd",
    "interface",
    "idempotency_key",
    "check_only",
    "addresses",
    "mac",
    "ports",
  ]);
  expect(fieldsOf("PublishedPort")).toEqual(["host_ip", "host_port", "container_port", "protocol"]);
  expect(fieldsOf("DetachRequest")).toEqual(["attachment_id"]);
  for (const message of ["ListRequest", "NetworksRequest", "StatusRequest"])
    expect(fieldsOf(message)).toEqual([]);
});
