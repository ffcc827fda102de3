/** `npm start`: the main job from end to end, on a machine of its own. See README.md. */
import { isDeepStrictEqual } from "node:util";
import { busyboxImage } from "../fixtures/images.ts";
import { noResidue } from "../fixtures/residue.ts";
import { labPolicy, TestHost } from "../fixtures/test-host.ts";
import { waitFor } from "../fixtures/wait-for.ts";
import { Transcript } from "./transcript.ts";

if (process.getuid?.() !== 0) {
  console.error("npm start shows cntnr-netd and two users of it, in namespaces of its own: run it as root");
  process.exit(1);
}
const faults = await main();
for (const fault of faults) console.error(`did not go as expected: ${fault}`);
if (faults.length === 0) console.log("\nEverything went as it should.");
process.exit(faults.length === 0 ? 0 : 1);

async function main(): Promise<readonly string[]> {
  await using host = await TestHost.start();
  const { alice, bob } = host.users;
  const registry = await host.startRegistry();
  const image = await registry.push(await busyboxImage(), "alpine:3.6");
  await host.startNetd();
  const transcript = new Transcript(host);
  const play = transcript.play.bind(transcript);

  transcript.say("root has started cntnr-netd with this policy; alice is in the group cntnr-dev, bob is not");
  console.log(`root# ${host.netdArguments().join(" ")} &\n${labPolicy.trimEnd()}`);

  transcript.say("alice runs a container: pulled, unpacked and run without any privilege");
  await play(alice, `cntnr run --rm ${image} echo hello world`, { output: /^hello world$/m });
  await play(alice, "cntnr image ls", { output: /alpine/ });

  transcript.say("two containers of hers talk over the admin's network");
  await play(alice, "cntnr network ls", { output: /\blab\b/ });
  await play(alice, `cntnr run -d --network lab --name web ${image} httpd -f -p 80 -h /www`);
  const list = await play(alice, "cntnr ps", { output: /\bweb\b.*10\.20\.0\.\d+|10\.20\.0\.\d+.*\bweb\b/ });
  const address = /10\.20\.0\.\d+/.exec(list)?.[0] ?? "10.20.0.2";
  await play(alice, `cntnr run --rm --network lab ${image} wget -qO- http://${address}`, {
    output: /^hello from www$/m,
  });

  transcript.say("bob is granted nothing; the admin finds why under the reference that bob was told");
  const refusal = await play(bob, `cntnr run --rm --network lab ${image} true`, {
    exitCode: 125,
    output: /not permitted/,
  });
  const reference = /\b[2-9A-HJ-NP-Z]{10}\b/.exec(refusal)?.[0] ?? "no-reference";
  await play(undefined, `grep ${reference} ${host.auditFile}`, { output: new RegExp(`"uid":${bob.uid}\\b`) });

  transcript.say("alice stops and removes it, and nothing is left of it on the machine");
  await play(alice, "cntnr logs web");
  await play(alice, "cntnr stop web && cntnr rm web");
  const isClean = await waitFor(async () => isDeepStrictEqual(await host.residue(), noResidue), {
    what: "no residue",
  }).catch(() => false);
  transcript.check(isClean, "no interface, address, rule, pinned namespace or record is left");
  if (!isClean) console.log(await host.residue());
  return transcript.faults;
}
