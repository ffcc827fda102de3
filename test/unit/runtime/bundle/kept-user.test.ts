import { describe, expect, test } from "bun:test";
import { changedAccounts, findKeptUser, withKeptUser } from "../../../../runtime/bundle/kept-user.ts";
import { userName } from "../../../../runtime/userns/load-id-mappings.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/var/www:/bin/sh\n";
const group = "root:x:0:\nusers:x:100:";
const user = { name: "alice", uid: 1001, gid: 1002, home: "/work" };

describe("the account files of a container in which users are themselves", () => {
  test("name the user and his group, each on a line of its own", () => {
    expect(withKeptUser({ passwd, group }, user)).toEqual({
      passwd: `${passwd}alice:*:1001:1002:alice:/work:/bin/sh\n`,
      group: `${group}\nalice:x:1002:\n`,
    });
    expect(withKeptUser({ passwd, group }, { ...user, home: "/a:0:0\nevil" }).passwd).toEndWith(
      "alice:*:1001:1002:alice:/:/bin/sh\n",
    );
  });

  test("stay as they are where the image knows his name or his ids, or has no such file", () => {
    const known = { ...user, uid: 33, gid: 100 };
    expect(withKeptUser({ passwd, group }, known)).toEqual({ passwd, group });
    expect(withKeptUser({ passwd, group }, { ...user, name: "web" }).passwd).toBe(passwd);
    expect(withKeptUser({ passwd: "", group: "" }, user)).toEqual({ passwd: "", group: "" });
  });

  test("are changed where they say something else", () => {
    expect(changedAccounts({ passwd, group }, { passwd, group })).toEqual([]);
    expect(changedAccounts({ passwd, group }, { passwd, group: "new" })).toEqual([
      { path: "/etc/group", kind: "file", text: "new" },
    ]);
  });

  test("have his own home where that is mounted, else the working directory", () => {
    const name = userName(process.getuid?.() ?? 0);
    const home = process.env.HOME ?? "";
    const find = (destination: string) => findKeptUser(user, "/work", [{ destination }]);
    expect(find("/elsewhere")).toEqual({ ...user, name: name ?? "", home: "/work" });
    expect(find(home)?.home).toBe(home);
    expect(find(`${home}-other`)?.home).toBe("/work");
  });
});
