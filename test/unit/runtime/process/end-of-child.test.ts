import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { endOfChild } from "../../../../runtime/process/end-of-child.ts";

test("a process has ended when its last output has come, which may be after its exit", async () => {
  const child = new EventEmitter();
  const happened: string[] = [];
  const end = endOfChild(child as never).then(({ code }) => happened.push(`ended with ${code}`));
  child.emit("exit", 3, null);
  await new Promise((resolve) => setImmediate(resolve));
  happened.push("last output");
  child.emit("close", 3, null);
  await end;
  expect(happened).toEqual(["last output", "ended with 3"]);
});

test("what it leaves running is not waited for, though it keeps the pipes open", async () => {
  const child = spawn("sh", ["-c", "sleep 1000 & echo $!; kill -KILL $$"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  expect(await endOfChild(child)).toEqual({ code: null, signal: "SIGKILL" });
  process.kill(Number(output), "SIGKILL");
});

test("what cannot be started throws", async () => {
  await expect(endOfChild(spawn("/nonexistent/program"))).rejects.toThrow("ENOENT");
});
