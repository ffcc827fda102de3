import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfiguration } from "../../../../runtime/configuration/load-configuration.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "cntnr-configuration-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function load(text: string) {
  mkdirSync(join(home, "cntnr"), { recursive: true });
  writeFileSync(join(home, "cntnr/config.ini"), text);
  return loadConfiguration({ XDG_CONFIG_HOME: home });
}

describe("the user's configuration", () => {
  test("need not be there", () => {
    expect(loadConfiguration({ XDG_CONFIG_HOME: home })).toEqual({
      additionalStores: [],
      stallTimeoutMs: 120_000,
    });
  });

  test("is under ~/.config, too, and there a relative XDG_CONFIG_HOME is none", () => {
    mkdirSync(join(home, ".config/cntnr"), { recursive: true });
    writeFileSync(join(home, ".config/cntnr/config.ini"), "[registry]\nstall-timeout = 3\n");
    for (const env of [{ HOME: home }, { HOME: home, XDG_CONFIG_HOME: "relative" }])
      expect(loadConfiguration(env).stallTimeoutMs).toBe(3000);
  });

  test("has sections, keys, comments and repeated keys", () => {
    const text = `
# a comment
[store]
additional = /srv/images/   ; the cluster's
additional=~/mine

[registry]
stall-timeout = 0`;
    expect(load(text)).toEqual({
      additionalStores: ["/srv/images", join(homedir(), "mine")],
      stallTimeoutMs: Number.POSITIVE_INFINITY,
    });
  });

  test.each([
    [
      "an unknown key",
      "[store]\naditional = /srv\n",
      /:2: there is no key aditional in \[store\]; there are additional/,
    ],
    ["an unknown section", "[shop]\nadditional = /srv\n", /:2: there is no key additional in \[shop\]/],
    ["a key without a section", "additional = /srv\n", /:1: neither/],
    ["a line that is neither", "[store]\nadditional\n", /:2: neither/],
    ["a relative path", "[store]\nadditional = images\n", /:2: "images" is not an absolute path/],
    ["a path that no overlay takes", "[store]\nadditional = /srv/a:b\n", /cannot have a colon/],
    ["a time that is none", "[registry]\nstall-timeout = soon\n", /"soon" is not a number of seconds/],
    ["what is inherited", "[constructor]\nname = x\n", /no key name/],
  ])("is refused for %s, with file and line", (_, text, reason) => {
    expect(() => load(text)).toThrow(reason);
    expect(() => load(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
