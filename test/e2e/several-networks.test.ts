import { afterAll, beforeAll, expect, test } from "bun:test";
import { busyboxImage } from "../fixtures/images.ts";
import { labConflist, labPolicy, TestHost } from "../fixtures/test-host.ts";
import { checked } from "../fixtures/users.ts";

let host: TestHost;
let image: string;
beforeAll(async () => {
  host = await TestHost.start();
  const registry = await host.startRegistry();
  image = await registry.push(await busyboxImage(), "alpine:3.6");
  const [bridge] = labConflist.plugins;
  const ipam = { ...bridge?.ipam, ranges: [[{ subnet: "10.40.0.0/24" }]] };
  host.writeConflist({
    ...labConflist,
    name: "yard",
    plugins: [{ ...bridge, bridge: "yard0", ipam }],
  } as never);
  await host.startNetd({ policy: `${labPolicy}${labPolicy.replaceAll("lab", "yard")}` });
});
afterAll(() => host[Symbol.asyncDispose]());

async function ok(...argv: string[]): Promise<string> {
  return checked(argv, await host.asUser(host.users.alice, argv)).stdout.trim();
}

test("a container has an interface on each of its networks, in order, and its name has all its addresses", async () => {
  const script = "ip -4 -o addr show | tr -s ' ' | cut -d' ' -f2,4; grep box /etc/hosts | cut -f1";
  const flags = ["--network", "yard", "--network", "lab", "--hostname", "box"];
  const lines = (await ok("cntnr", "run", "--rm", ...flags, image, "sh", "-c", script)).split("\n");
  const [, first, second, ...addresses] = lines;
  expect(first).toMatch(/^eth0 10\.40\.0\.\d+\/24$/);
  expect(second).toMatch(/^eth1 10\.20\.0\.\d+\/24$/);
  expect(addresses).toEqual([first?.slice(5, -3) ?? "", second?.slice(5, -3) ?? ""]);
  await host.waitForNoResidue();
});

test("it reaches containers on each of its networks", async () => {
  for (const name of ["lab", "yard"])
    await ok(
      "cntnr",
      "run",
      "-d",
      "--name",
      name,
      "--network",
      name,
      image,
      "httpd",
      "-f",
      "-p",
      "80",
      "-h",
      "/www",
    );
  const addressOf = async (name: string) =>
    /10\.\d0\.0\.\d+/.exec(await ok("cntnr", "inspect", name))?.[0] ?? "no address";
  const get = async (network: string[], name: string) => {
    const flags = network.flatMap((one) => ["--network", one]);
    return ok("cntnr", "run", "--rm", ...flags, image, "wget", "-qO-", `http://${await addressOf(name)}`);
  };
  for (const name of ["lab", "yard"]) await host.waitForServer(`http://${await addressOf(name)}`);
  for (const name of ["lab", "yard"]) expect(await get(["lab", "yard"], name)).toBe("hello from www");
  await ok("cntnr", "rm", "-f", "lab", "yard");
});
