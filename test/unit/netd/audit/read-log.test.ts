import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuditLog } from "../../../../netd/audit/audit-log.ts";
import { linesAbout } from "../../../../netd/audit/read-log.ts";

test("what was done with an attachment is found by as much of its id as ls shows", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cntnr-audit-"));
  const path = join(directory, "audit.jsonl");
  try {
    const attachment = "1c1ebb0d7bbbfe2ef507abbef845d4f3";
    {
      using log = new AuditLog({ path, bootId: "boot" });
      log.note({ event: "attach", attachment });
      log.note({ event: "attach", attachment: "59c998cec414c243db254262d4e7676a" });
      log.note({ event: "detach", attachment });
    }
    const eventsOf = async (id: string) => (await linesAbout(path, id)).map(({ event }) => event);
    for (const id of [attachment, attachment.slice(0, 12), attachment.slice(0, 4)])
      expect(await eventsOf(id)).toEqual(["attach", "detach"]);
    expect(await eventsOf(attachment.slice(0, 3))).toEqual([]);
    expect(await eventsOf("bb0d7bbb")).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
