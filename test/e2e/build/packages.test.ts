import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { aptRepository } from "../../fixtures/apt-repository.ts";
import { makeContext } from "../../fixtures/build-context.ts";
import { type FlatImage, flattenDirectory } from "../../fixtures/flatten-image.ts";
import { debianImage } from "../../fixtures/images.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";

const port = 8098;
/** With files of owners and set-id bits of their own, and scripts that make users and change owners. */
const packages = ["dbus", "openssh-client", "man-db"];
/** The package manager of the other half of the world, and what makes packages and a repository for it. */
const dnfPackages = ["dnf", "rpm", "createrepo-c"];

let host: TestHost;
let debian: string;
beforeAll(async () => {
  const repository = await aptRepository("packages-2", [...packages, ...dnfPackages]);
  host = await TestHost.start();
  const registry = await host.startRegistry();
  debian = (await registry.push(await debianImage(), "debian:bookworm")).replace("docker://", "");
  host.spawnAsRoot(["busybox", "httpd", "-f", "-p", `127.0.0.1:${port}`, "-h", repository]);
}, 600_000);
afterAll(() => host[Symbol.asyncDispose]());

const begin = () => `FROM ${debian}
ARG DEBIAN_FRONTEND=noninteractive
RUN rm -rf /etc/apt/sources.list.d && echo 'deb [trusted=yes] http://127.0.0.1:${port} ./' >/etc/apt/sources.list
`;

/** A package with files of all kinds of owners and bits, and scripts that make a user and change an owner. */
const spec = `Name: probe
Version: 1
Release: 1
Summary: Owners and bits
License: none
BuildArch: noarch
Provides: /bin/sh
%description
Owners and bits
%install
mkdir -p %{buildroot}/opt/probe/dir
for name in setid user post capable; do echo $name >%{buildroot}/opt/probe/$name; done
%pre
useradd --system prober
%post
chown prober:mail /opt/probe/post && chmod 6755 /opt/probe/post && mkfifo -m 600 /opt/probe/fifo && chown -h daemon /opt/probe/fifo
%files
%attr(4711,daemon,mail) /opt/probe/setid
%attr(2770,root,games) %dir /opt/probe/dir
%attr(0640,prober,root) /opt/probe/user
%caps(cap_net_raw=ep) /opt/probe/capable
/opt/probe/post
`;

/** Makes the package, a repository of it, and installs it from there. */
async function installByDnf(user: TestUser): Promise<FlatImage> {
  const context = await makeContext(host, user, {
    "probe.spec": spec,
    "local.repo": "[local]\nname=local\nbaseurl=file:///repo\ngpgcheck=0\n",
    Dockerfile: `${begin()}RUN apt-get update && apt-get install -y --no-install-recommends ${dnfPackages.join(" ")}
COPY probe.spec /probe.spec
RUN rpmbuild -bb --quiet --define '_rpmdir /repo' /probe.spec && createrepo_c --quiet /repo
COPY local.repo /etc/yum.repos.d/
RUN dnf -y --releasever=1 install probe
RUN rpm -q probe && rpm -V probe >/differences; test -e /opt/probe/fifo
`,
  });
  return buildImage(user, context);
}

async function buildImage(user: TestUser, context: string): Promise<FlatImage> {
  const line = `cntnr build -q -t packages ${context} && rm -rf $HOME/packages && skopeo copy -q oci:$HOME/.local/share/cntnr/images:docker.io/library/packages:latest dir:$HOME/packages`;
  checked(["build"], await host.asUser(user, ["sh", "-c", line], { timeoutMs: 290_000 }));
  return flattenDirectory(host.homeOf(user, "packages"));
}

async function install(user: TestUser): Promise<FlatImage> {
  const context = await makeContext(host, user, {
    Dockerfile: `${begin()}RUN apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}
RUN dpkg --audit && dpkg -s ${packages.join(" ")} | grep -c 'ok installed' >/installed && ssh -V && man -w man >/dev/null
RUN apt-get purge -y man-db && useradd -m somebody && chown somebody /installed && chmod 2750 /home/somebody
`,
  });
  return buildImage(user, context);
}

function idIn({ files }: FlatImage, user: TestUser, file: string, name: string): string {
  const content = files.get(file)?.content ?? "";
  const text = contentOf(user, content);
  return (
    text
      .split("\n")
      .find((line) => line.startsWith(`${name}:`))
      ?.split(":")[2] ?? "none"
  );
}

/** The text of a small file of the image, found by its sum in the unpacked layers. */
function contentOf(user: TestUser, sum: string): string {
  const layers = host.storeOf(user, "layers");
  for (const name of readdirSync(layers))
    for (const file of ["etc/passwd", "etc/group", "installed"]) {
      const text = readIfThere(join(layers, name, "tree", file));
      if (text !== undefined && new Bun.CryptoHasher("sha256").update(text).digest("hex") === sum)
        return text;
    }
  return "";
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

describe("apt-get installs packages that change owners and set ids", () => {
  test("with sub-ids, and the image has the owners that the packages mean", async () => {
    const { alice } = host.users;
    const image = await install(alice);
    const messagebus = idIn(image, alice, "etc/group", "messagebus");
    const ssh = idIn(image, alice, "etc/group", "_ssh");
    expect(image.files.get("usr/lib/dbus-1.0/dbus-daemon-launch-helper")).toMatchObject({
      mode: "4754",
      owner: `0:${messagebus}`,
    });
    expect(image.files.get("usr/bin/ssh-agent")).toMatchObject({ mode: "2755", owner: `0:${ssh}` });
    const somebody = idIn(image, alice, "etc/passwd", "somebody");
    expect(image.files.get("installed")?.owner).toBe(`${somebody}:0`);
    expect(image.files.get("home/somebody")).toMatchObject({
      mode: "2750",
      owner: `${somebody}:${somebody}`,
    });
    expect(contentOf(alice, image.files.get("installed")?.content ?? "")).toBe("3\n");
  }, 180_000);

  test("with one id, and all files are root's in the image, set-id bits included", async () => {
    const { carol } = host.users;
    const image = await install(carol);
    expect(image.files.get("usr/lib/dbus-1.0/dbus-daemon-launch-helper")).toMatchObject({
      mode: "4754",
      owner: "0:0",
    });
    expect(image.files.get("usr/bin/ssh-agent")).toMatchObject({ mode: "2755", owner: "0:0" });
    expect(image.files.get("home/somebody")).toMatchObject({ mode: "2750", owner: "0:0" });
    expect(contentOf(carol, image.files.get("installed")?.content ?? "")).toBe("3\n");
    // What makes apt work so is no part of the image.
    expect([...image.files.keys()].filter((path) => path.startsWith("etc/apt/apt.conf.d/99"))).toEqual([]);
  }, 180_000);
});

describe("dnf and rpm install packages that change owners and set ids", () => {
  test("with sub-ids, and the image has the owners that the package means", async () => {
    const { alice } = host.users;
    const image = await installByDnf(alice);
    const prober = idIn(image, alice, "etc/passwd", "prober");
    const at = (path: string) => image.files.get(`opt/probe/${path}`);
    expect(at("setid")).toMatchObject({ mode: "4711", owner: "1:8" });
    expect(at("dir")).toMatchObject({ mode: "2770", owner: "0:60" });
    expect(at("user")).toMatchObject({ mode: "640", owner: `${prober}:0` });
    expect(at("post")).toMatchObject({ mode: "6755", owner: `${prober}:8` });
    expect(at("fifo")).toMatchObject({ owner: "1:0" });
  }, 300_000);

  test("with one id, and all files are root's in the image, set-id bits included", async () => {
    const { carol } = host.users;
    const image = await installByDnf(carol);
    const at = (path: string) => image.files.get(`opt/probe/${path}`);
    expect(at("setid")).toMatchObject({ mode: "4711", owner: "0:0" });
    expect(at("dir")).toMatchObject({ mode: "2770", owner: "0:0" });
    expect(at("user")).toMatchObject({ mode: "640", owner: "0:0" });
    expect(at("post")).toMatchObject({ mode: "6755", owner: "0:0" });
    expect(at("fifo")).toMatchObject({ owner: "0:0" });
  }, 300_000);
});
