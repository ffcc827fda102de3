/** `npm run bench`: see README.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TestHost } from "../fixtures/test-host.ts";
import { preparePodman } from "./podman.ts";
import { describeMachine, evaluate, formatResult, type ScenarioResult } from "./report.ts";
import type { Bench } from "./scenario.ts";
import { prepareBench, scenarioMakers } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "15" },
    "pull-count": { type: "string", default: "5" },
    /** Ids of scenarios; default all. */
    only: { type: "string", multiple: true, default: Object.keys(scenarioMakers) },
  },
});

await using host = await TestHost.start();
await preparePodman(host, host.users.alice);
await using stack = new AsyncDisposableStack();
const bench = await prepareBench(host, stack);
const scenarios: ScenarioResult[] = [];
for (const id of values.only) {
  const make = scenarioMakers[id];
  if (!make) throw new Error(`no scenario ${id} (there are ${Object.keys(scenarioMakers).join(", ")})`);
  const scenario = await make(bench);
  const rounds = Number(scenario.isPull ? values["pull-count"] : values.count);
  const result = evaluate(scenario, await scenario.time(rounds));
  console.log(`\n${formatResult(result)}`);
  scenarios.push(result);
}
const output = join(import.meta.dirname, "../../dist/bench.json");
const machine = describeMachine(await versionsOf(bench));
writeFileSync(output, `${JSON.stringify({ date: new Date().toISOString(), machine, scenarios }, null, 2)}\n`);
console.log(`\nwritten to ${output}`);

async function versionsOf({ shell }: Bench): Promise<Record<string, string>> {
  const firstLine = async (command: string) => (await shell(command)).split("\n")[0] ?? "";
  return {
    cntnr: await firstLine("cntnr --version"),
    podman: await firstLine("podman --version"),
    runc: await firstLine("runc --version"),
    skopeo: await firstLine("skopeo --version"),
    umoci: await firstLine("umoci --version"),
  };
}
