import { openEngine } from "cntnr";

const engine = openEngine();
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
const done = new AbortController();
const events = Array.fromAsync(engine.events({ signal: done.signal }), ({ action }) => action);

const image = await engine.images.pull(process.argv[2] ?? "docker://alpine:3.6");
const hello = { image: image.id, command: ["echo", "hello"], autoRemove: true };
const { exitCode, stdout } = await engine.containers.run(hello);
console.log(`printed "${textOf(stdout)}" and ended with ${exitCode}`);

const sleeper = { image: image.id, command: ["sh", "-c", "echo awake; exec sleep 1000"] };
await engine.containers
  .run(sleeper, { signal: AbortSignal.timeout(2000) })
  .catch((error) => console.log(`${error.name}: it was killed, and nothing is left of it`));

const { id } = await engine.containers.runDetached(sleeper);
for await (const { text } of engine.containers.logs(id, { follow: true })) {
  console.log(`its log says "${textOf(text)}"`);
  break;
}
await engine.containers.remove(id, { running: "kill" });
done.abort();
console.log(`what happened: ${(await events).join(", ")}`);
