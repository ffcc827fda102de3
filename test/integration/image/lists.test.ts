import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TestHost } from "../../fixtures/test-host.ts";
import { UserStore } from "../../fixtures/user-store.ts";
import { checked } from "../../fixtures/users.ts";

/*
 * What lists and filters say of images of different ages, with labels and without, named and not.
 */

let host: TestHost;
let store: UserStore;
/** Ids by the year in which the image says it was made. */
const ids = new Map<number, string>();

beforeAll(async () => {
  host = await TestHost.start();
  store = await UserStore.with(host, "busybox");
  for (const year of [2020, 2021, 2022]) {
    const argv = [
      "image",
      "create",
      "-q",
      "--from=busybox",
      `--run=echo ${year} >/year`,
      `--label=year=${year}`,
    ];
    const flags = year === 2022 ? ["--label=special", "--author=me"] : ["-t", `made:${year}`];
    const env = { SOURCE_DATE_EPOCH: String(Date.parse(`${year}-06-01T00:00:00Z`) / 1000) };
    ids.set(year, checked(argv, await store.run([...argv, ...flags], { env })).stdout.trim());
  }
});
afterAll(() => host[Symbol.asyncDispose]());

describe("image ls --filter", () => {
  const cases: readonly (readonly [string, readonly string[], readonly (number | "busybox")[]])[] = [
    ["before a name", ["before=made:2021"], [2020]],
    ["since a name", ["since=made:2020"], [2022, 2021]],
    ["between two", ["since=made:2020", "before=made:2021"], []],
    ["since before an id", ["before=ID2022"], [2021, 2020]],
    ["until a day", ["until=2021-12-31"], [2021, 2020]],
    ["until as long ago", ["until=1h"], [2022, 2021, 2020]],
    ["a label", ["label=year"], [2022, 2021, 2020]],
    ["a label's value", ["label=year=2021"], [2021]],
    ["two labels, both", ["label=year", "label=special"], [2022]],
    ["without a label", ["label!=special"], [2021, 2020, "busybox"]],
    ["without a label's value", ["label!=year=2021"], [2022, 2020, "busybox"]],
    ["dangling", ["dangling=true"], [2022]],
    ["not dangling", ["dangling=false"], [2021, 2020, "busybox"]],
    ["a reference", ["reference=made"], [2021, 2020]],
    ["a reference with a tag", ["reference=made:202[0]"], [2020]],
    ["several references, either", ["reference=made:2020", "reference=*/busybox"], [2020, "busybox"]],
    ["a reference in full", ["reference=docker.io/library/made"], [2021, 2020]],
  ];
  for (const [what, filters, years] of cases)
    test(what, async () => {
      const busybox = (await store.lines("images", "-q", "--no-trunc", "localhost/busybox"))[0] ?? "";
      const flags = filters.flatMap((text) => [
        "-f",
        text.replace("ID2022", ids.get(2022)?.slice(7, 19) ?? ""),
      ]);
      expect(await store.lines("images", "-q", "--no-trunc", ...flags)).toEqual(
        years.map((year) => (year === "busybox" ? busybox : (ids.get(year) ?? ""))),
      );
    });
});

describe("what is told of an image", () => {
  test("has every field that docker's lists have", async () => {
    const fields =
      "ID Repository Tag Digest CreatedSince CreatedAt Size Containers SharedSize UniqueSize VirtualSize";
    const format = fields
      .split(" ")
      .map((name) => `{{.${name}}}`)
      .join("|");
    const [line = ""] = await store.lines("images", "--format", format, "made:2021");
    expect(line).toMatch(
      /^[a-f0-9]{12}\|made\|2021\|sha256:[a-f0-9]{64}\|\d+ years ago\|2021-06-01 00:00:00 \+0000 UTC\|1\.98MB\|0\|N\/A\|N\/A\|1\.98MB$/,
    );
    const [whole = ""] = await store.lines(
      "images",
      "--no-trunc",
      "--digests",
      "--format",
      "table {{.ID}}\t{{.Digest}}",
      "made",
    );
    expect(whole).toMatch(/^IMAGE ID {2,}DIGEST$/);
    expect((await store.out("images", "--no-trunc", "made:2020")).includes(ids.get(2020) ?? "-")).toBe(true);
  });

  test("by inspect has docker's names", async () => {
    const look = (template: string) => store.out("image", "inspect", "-f", template, ids.get(2022) ?? "");
    expect(
      await look("{{.Id}} {{.Os}}/{{.Architecture}} {{.Author}} {{.Created}} {{len .RepoTags}}"),
    ).toMatch(/^sha256:[a-f0-9]{64} linux\/[a-z0-9]+ me 2022-06-01T00:00:00Z 0\n$/);
    expect(
      await look(
        '{{index .Config.Labels "year"}} {{len .RootFS.Layers}} {{.RootFS.Type}} {{len .Config.Env}}',
      ),
    ).toBe("2022 2 layers 1\n");
    expect(
      await look("{{.GraphDriver.Name}} {{json .Config.Entrypoint}} {{.Descriptor.mediaType}} {{.Parent}}|"),
    ).toBe("overlay null application/vnd.oci.image.manifest.v1+json |\n");
    expect(await look("{{range .Config.Env}}{{println .}}{{end}}")).toContain("PATH=");
    const unset =
      '{{.Config.User}}{{.Config.WorkingDir}}|{{json .Config.Volumes}} {{len .Config.Entrypoint}} {{index .Config.Labels "no"}}|{{with .Config.Healthcheck}}{{.Test}}{{end}}{{if .Config.ExposedPorts}}x{{end}}{{if .Config.OnBuild}}x{{end}}{{.Variant}}';
    expect(await look(unset)).toMatch(/^\|null 0 \|/);
    const none =
      '{{len .Config.Labels}}{{index .Config.Labels "a"}}{{range $key, $value := .Config.Labels}}{{$key}}{{end}}';
    expect(await store.out("image", "inspect", "-f", none, "localhost/busybox")).toBe("0\n");
    expect(await look("{{if gt .Size 1000}}large{{end}} {{.Comment}}{{.DockerVersion}}")).toBe("large \n");
  });

  test("by history is as docker prints it", async () => {
    const lines = await store.lines("history", "made:2021");
    expect(lines[0]).toMatch(/^IMAGE {2,}CREATED {2,}CREATED BY {2,}SIZE {2,}COMMENT$/);
    expect(lines[1]).toMatch(/^[a-f0-9]{12} {2,}\d years ago {2,}--label year=2021 {2,}0B/);
    expect(lines[2]).toMatch(/^<missing> {2,}\d years ago {2,}--run echo 2021 >\/year {2,}5B/);
    expect(
      await store.lines("history", "-H=false", "--format", "{{.CreatedAt}} {{.Size}}", "made:2021"),
    ).toContain("2021-06-01 00:00:00 +0000 UTC 5");
    expect(await store.lines("history", "-q", "--no-trunc", "made:2021")).toEqual([
      ids.get(2021) ?? "",
      "<missing>",
      "<missing>",
    ]);
    const [json = ""] = await store.lines("history", "--format", "json", "made:2021");
    expect(Object.keys(JSON.parse(json)).sort()).toEqual([
      "Comment",
      "CreatedAt",
      "CreatedBy",
      "CreatedSince",
      "ID",
      "Size",
    ]);
  });
});

test("image prune takes what is older, and has or has not a label", async () => {
  const other = await UserStore.with(host, "busybox");
  for (const year of [2020, 2021]) {
    const argv = ["image", "create", "-q", "--from=busybox", `--label=year=${year}`, "-t", `made:${year}`];
    const env = { SOURCE_DATE_EPOCH: String(Date.parse(`${year}-06-01T00:00:00Z`) / 1000) };
    checked(argv, await other.run(argv, { env }));
  }
  const left = () => other.lines("images", "--format", "{{.Repository}}:{{.Tag}}", "made");
  await other.out("image", "prune", "-af", "--filter", "until=2020-01-01");
  await other.out("image", "prune", "-f", "--filter", "label=year");
  expect(await left()).toEqual(["made:2021", "made:2020"]);
  await other.out("image", "prune", "-af", "--filter", "until=2021-01-01");
  expect(await left()).toEqual(["made:2021"]);
  await other.out("image", "prune", "-af", "--filter", "label!=year");
  expect(await left()).toEqual(["made:2021"]);
  await other.out("image", "prune", "-af", "--filter", "label=year=2021");
  expect(await left()).toEqual([]);
});
