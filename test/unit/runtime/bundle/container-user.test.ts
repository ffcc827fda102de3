import { describe, expect, test } from "bun:test";
import { addGroups, findUser, fitUser } from "../../../../runtime/bundle/container-user.ts";
import type { IdMappings } from "../../../../runtime/userns/id-mappings.ts";

const files = {
  passwd: `# comment
root:x:0:0:root:/root:/bin/sh
broken line
noid:x:::/x:/bin/sh
toolarge:x:4294967295:0::/x:/bin/sh
web:x:33:33:web:/var/www:/bin/sh
7:x:70:70:named like a number:/seven:/bin/sh
`,
  group: "root:x:0:\nweb:x:33:\nlog:x:4:web,root\nlog2:x:4:web\nbare:x:5\n",
};
const find = (text: string) => findUser({ text, from: "flag" }, files);

describe("the user of a container", () => {
  test("is root when nobody is named", () => {
    expect(find("")).toEqual({ uid: 0, gid: 0, additionalGids: [4], home: "/root" });
    expect(findUser({ text: "", from: "image" }, { passwd: "", group: "" })).toEqual({
      uid: 0,
      gid: 0,
      additionalGids: [],
      home: "/root",
    });
  });

  test("has the group, groups and home of the passwd entry, by name or by number", () => {
    const web = { uid: 33, gid: 33, additionalGids: [4], home: "/var/www" };
    expect(find("web")).toEqual(web);
    expect(find("33")).toEqual(web);
  });

  test("has no further groups when a group is named", () => {
    expect(find("web:log")).toEqual({ uid: 33, gid: 4, additionalGids: [], home: "/var/www" });
    expect(find("web:99")).toMatchObject({ gid: 99, additionalGids: [] });
    expect(find(":log")).toMatchObject({ uid: 0, gid: 4 });
  });

  test("may be a number that no entry has", () => {
    expect(find("1234")).toEqual({ uid: 1234, gid: 0, additionalGids: [], home: "/" });
  });

  test("is looked for by name before by number", () => {
    expect(find("7")).toMatchObject({ uid: 70, home: "/seven" });
  });

  test.each(["nobody-here", "4294967295", "2147483648", "-1", "0x10", "toolarge", "noid"])(
    "is not %s",
    (text) => {
      expect(() => find(text)).toThrow("unable to find user");
    },
  );

  test("is not of a group that is not there, and has no third part", () => {
    expect(() => find("web:nogroup")).toThrow("-u web:nogroup: unable to find group nogroup");
    expect(() => find("a:b:c")).toThrow("user[:group]");
  });
});

describe("with the ids that are mapped", () => {
  const one: IdMappings = {
    uids: [{ containerId: 0, hostId: 1000, size: 1 }],
    gids: [{ containerId: 0, hostId: 1000, size: 1 }],
    subordinate: false,
  };
  const many: IdMappings = {
    uids: [...one.uids, { containerId: 1, hostId: 100000, size: 65536 }],
    gids: [...one.gids, { containerId: 1, hostId: 100000, size: 65536 }],
    subordinate: true,
  };
  const web = find("web");

  test("a user is who he is, with the groups that the runtime can set", () => {
    const wish = { text: "web", from: "flag" } as const;
    expect(fitUser(web, wish, many, "settable")).toEqual({ user: web, remarks: [] });
    expect(fitUser(web, wish, many, "not-settable").user.additionalGids).toEqual([]);
  });

  test("an image's wish that cannot be had becomes root with a remark, a person's is refused", () => {
    const { user, remarks } = fitUser(web, { text: "web", from: "image" }, one, "not-settable");
    expect(user).toEqual({ uid: 0, gid: 0, additionalGids: [], home: "/var/www" });
    expect(remarks).toEqual([expect.stringContaining("you have no sub-ids")]);
    expect(() => fitUser(web, { text: "web", from: "flag" }, one, "not-settable")).toThrow("no sub-ids");
  });

  test("a user beyond the sub-ids is refused, whoever wants him", () => {
    for (const from of ["flag", "image"] as const) {
      const wish = { text: "99999", from };
      expect(() => fitUser(findUser(wish, files), wish, many, "not-settable")).toThrow("beyond your sub-ids");
    }
  });

  test("groups that are asked for come to his own, once each, and are refused beyond the sub-ids", () => {
    expect(addGroups(web, ["bare", "4", "4711"], files, many).additionalGids).toEqual([4, 5, 4711]);
    expect(() => addGroups(web, ["99999"], files, many)).toThrow("--group-add 99999: group 99999 is beyond");
    expect(() => addGroups(web, ["none"], files, many)).toThrow("unable to find group none");
  });
});
