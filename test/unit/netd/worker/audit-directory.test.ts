import { expect, test } from "bun:test";
import { prepareAuditDirectory } from "../../../../netd/worker/audit-directory.ts";

const account = { name: "cntnr-netd", uid: 64_321, gid: 64_321 };

test("an audit log straight in a directory of the system's is refused, with a better place before any chown", () => {
  expect(() => prepareAuditDirectory("/dev/audit.jsonl", account)).toThrow(
    /Name a file in a directory of its own.*if nothing else is in it/,
  );
});
