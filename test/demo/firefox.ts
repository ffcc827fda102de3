/**
 * `npm run example:firefox`: Firefox as an ordinary user's container, from end to end. An image made by `cntnr image create`, a bundle of it
 * with the X11 socket, run under Xvfb, and a screenshot of the window in dist/firefox.png. It is large (some 130 MB of Debian
 * packages, downloaded once), so no test runs it. Needs root, and the Debian packages xvfb and imagemagick.
 */
import { chmodSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { aptRepository } from "../fixtures/apt-repository.ts";
import { debianImage, imageReference } from "../fixtures/images.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, runChecked } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

const display = ":97";
const port = 8097;
const sockets = "/tmp/.X11-unix";
const screenshot = join(import.meta.dirname, "../../dist/firefox.png");
const buildTimeoutMs = 20 * 60_000;

for (const program of ["Xvfb", "import"])
  if (!Bun.which(program)) {
    console.error(`${program} is not installed: apt-get install --no-install-recommends xvfb imagemagick`);
    process.exit(1);
  }

const repository = await aptRepository("firefox-1", ["firefox-esr", "fonts-dejavu-core"]);
await using host = await TestHost.start();
const { alice } = host.users;
host.spawnAsRoot(["busybox", "httpd", "-f", "-p", `127.0.0.1:${port}`, "-h", repository]);
mkdirSync(sockets, { recursive: true });
// As the X server wants it, whatever our umask is.
chmodSync(sockets, 0o1777);
host.spawnAsUser(alice, ["Xvfb", display, "-screen", "0", "1024x768x24", "-nolisten", "tcp"]);
await waitFor(() => statSync(`${sockets}/X${display.slice(1)}`, { throwIfNoEntry: false }) !== undefined, {
  what: "the X server's socket",
});

async function play(line: string): Promise<void> {
  console.log(`alice$ ${line}`);
  const argv = ["sh", "-c", line];
  const env = { DISPLAY: display };
  const { stdout, stderr } = checked(
    argv,
    await host.asUser(alice, argv, { env, timeoutMs: buildTimeoutMs }),
  );
  console.log(`${stderr}${stdout}`.trimEnd().split("\n").slice(-4).join("\n"));
}

await play(`cntnr image create \\
    --from=${imageReference(await debianImage())} \\
    --author='John Doe' \\
    --run='rm -rf /etc/apt/sources.list.d && echo "deb [trusted=yes] http://127.0.0.1:${port} ./" >/etc/apt/sources.list' \\
    --run='apt-get update && apt-get install -y --no-install-recommends firefox-esr fonts-dejavu-core' \\
    --cmd=firefox \\
    --tag=local/firefox`);
await play(`cntnr bundle create -b firefox --update=true \\
    --env DISPLAY=$DISPLAY \\
    --mount type=bind,src=${sockets},dst=${sockets} \\
    --shm-size 512m \\
    local/firefox firefox --no-remote 'data:text/html,<h1>Firefox in a container of alice</h1>'`);
console.log("alice$ cntnr bundle run firefox &");
const firefox = host.spawnAsUser(alice, ["cntnr", "bundle", "run", "firefox"]);

/** Colours on the screen: an empty one has one, a browser's window with text in it many. */
async function coloursOnScreen(): Promise<number> {
  rmSync(screenshot, { force: true });
  const line = `import -display ${display} -window root ${host.directory}/home/${alice.name}/screen.png`;
  const taken = await host.asUser(alice, ["sh", "-c", line]);
  if (taken.exitCode !== 0) return 0;
  const picture = `${host.directory}/home/${alice.name}/screen.png`;
  const { stdout } = await runChecked(["identify", "-format", "%k", picture]);
  await runChecked(["cp", picture, screenshot]);
  return Number(stdout);
}

const windowColours = 50;
try {
  await waitFor(async () => (await coloursOnScreen()) > windowColours, {
    what: "Firefox's window on the screen",
    timeoutMs: 120_000,
  });
} catch (error) {
  console.error(firefox.stdout, firefox.stderr);
  throw error;
}
// The page comes a little later than the window.
await waitFor(
  async () => {
    const before = await coloursOnScreen();
    await Bun.sleep(1000);
    return (await coloursOnScreen()) === before;
  },
  { what: "a picture that does not change any more", timeoutMs: 60_000 },
);
console.log(`\nFirefox shows its window; the screenshot is in ${screenshot}`);
