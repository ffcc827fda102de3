/** `npm run dev:netd`: a machine with a running cntnr-netd to try things in, until Ctrl-C. See README.md. */
import { busyboxImage } from "../fixtures/images.ts";
import { TestHost } from "../fixtures/test-host.ts";

if (process.getuid?.() !== 0) {
  console.error("npm run dev:netd makes namespaces and starts cntnr-netd in them: run it as root");
  process.exit(1);
}
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
});
await using host = await TestHost.start();
const registry = await host.startRegistry();
const image = await registry.push(await busyboxImage(), "alpine:3.6");
const netd = await host.startNetd();
const enter = `nsenter --target=${host.place.pid} --net --mount`;
const shellOf = ({ name, uid, gid, home }: (typeof host.users)["alice"]) =>
  `${enter} --wdns=${home} -- setpriv --reuid=${uid} --regid=${gid} --init-groups --inh-caps=-all ` +
  `env -i TERM=$TERM HOME=${home} USER=${name} XDG_RUNTIME_DIR=/run/user/${uid} PATH=${host.place.path}:$PATH PS1='${name}$ ' sh`;

console.log(`cntnr-netd runs in a network and a mount namespace of its own, on a policy that you may edit:

  policy       ${host.policyFile}
  networks     ${host.directory}/etc/net.d
  reload       kill -HUP ${netd.pid}
  audit log    ${host.auditFile}
  an image     ${image}

A shell as alice, who may use the network lab:

  ${shellOf(host.users.alice)}

as bob, who may not:

  ${shellOf(host.users.bob)}

and as this machine's root:

  ${enter}

New programs (npm run build) are used at once by the users, and by netd after a restart of this. Ctrl-C ends it all.`);

const ended = await Promise.race([interrupted, netd.exited]);
if (ended !== undefined) console.error(`cntnr-netd ended with exit code ${ended}:\n${netd.stderr}`);
