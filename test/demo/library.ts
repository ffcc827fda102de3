import { openEngine } from "cntnr";

// bun test/demo/library.ts IMAGE: a container's life, by a program. The README shows it.
const engine = openEngine();
const [source = "docker://alpine:3.6"] = process.argv.slice(2);

const done = new AbortController();
const events = Array.fromAsync(
  engine.events({ signal: done.signal }),
  ({ type, action }) => `${type} ${action}`,
);

const image = await engine.images.pull(source);
const { stdout } = await engine.containers.run({
  image: image.id,
  command: ["echo", "hello"],
  autoRemove: true,
});
console.log(`it printed ${new TextDecoder().decode(stdout).trim()}`);

const tooLong = { image: image.id, command: ["sleep", "1000"] };
await engine.containers
  .run(tooLong, { signal: AbortSignal.timeout(500) })
  .catch((error) => console.log(`it was ended: ${error.name}`));

const { id } = await engine.containers.runDetached({
  image: image.id,
  command: ["sh", "-c", "echo 1; exec sleep 1000"],
});
for await (const { text } of engine.containers.logs(id, { follow: true })) {
  console.log(`it says ${new TextDecoder().decode(text)}`);
  break;
}
const { exitCode } = await engine.containers.exec(id, ["sh", "-c", "exit 3"]);
console.log(`a command in it ended with ${exitCode}`);
await engine.containers.remove(id, { running: "kill" });

done.abort();
console.log((await events).join(", "));
