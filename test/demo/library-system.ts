import { setTimeout as delay } from "node:timers/promises";
import { cpuPercent, openEngine } from "cntnr";

const { containers, images, registries, system } = openEngine();
const [container = ""] = process.argv.slice(2);

const before = await containers.usage(container);
await delay(300);
const after = await containers.usage(container);
if (before && after)
  console.log(
    `${container}: ${cpuPercent(before, after) < 50 ? "idle" : "busy"}, ${after.processes} processes`,
  );

for await (const { name, verdict, remedy } of system.diagnose())
  if (verdict === "fault") console.log(`${name} is lacking; do ${remedy?.command}`);

const { containers: counted, hasSubIds } = await system.info();
console.log(
  `${counted.running} of ${counted.total} containers run, ${hasSubIds ? "with" : "without"} sub-ids`,
);

const unit = await containers.systemdUnit(container, { as: "name", restart: "always" });
console.log(unit.split("\n").find((line) => line.startsWith("ExecStart=")));

const { reclaimableBytes } = (await system.diskUsage()).containers;
const pruned = await system.prune();
console.log(
  `${reclaimableBytes} bytes of ${pruned.containers.map(({ name }) => name).join(", ")} are free again`,
);
console.log(`builds: ${(await images.pruneBuilds()).kind}`);
await registries.logout("nobody.example").catch((error) => console.log(error.code));
