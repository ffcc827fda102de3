import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { asUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

const fails = async (line: string) => {
  const { exitCode, stderr } = await alice.run(line);
  expect(exitCode).not.toBe(0);
  return stderr.trim();
};
/** Names, types, modes and contents of what is below a directory: `find` of the host or of a container. */
const listing = (directory: string, container = "") =>
  alice.ok(
    `${container === "" ? "" : `cntnr exec ${container} `}sh -c 'cd ${directory}; find . | sort | while read f; do stat -c "%n %F %a" "$f"; done'`,
  );

const makeTree =
  "rm -rf tree; mkdir -p tree/sub/deep; echo one >tree/file; echo two >tree/sub/deep/file; chmod 751 tree/sub;" +
  "ln -s file tree/link; ln tree/file tree/hard; mkfifo tree/fifo; touch -d '2001-02-03 04:05:06' tree/file";

describe.each([
  ["a running container", "cntnr run -d --name box $IMAGE sleep 1000"],
  ["a container that does not run", "cntnr create --name box $IMAGE sleep 1000"],
])("cp, with %s", (_, start) => {
  const inside = (line: string) =>
    alice.ok(`cntnr start box >/dev/null 2>&1; cntnr exec box sh -c '${line}'`);

  test("follows docker's rules for files", async () => {
    await alice.ok(`${start}; ${makeTree}`);
    await alice.ok(
      "cntnr cp tree/file box:/tmp/; cntnr cp tree/file box:/tmp/new; cntnr cp tree/file box:/www/index.html",
    );
    await alice.ok("cntnr cp tree/link box:/tmp/; cntnr cp -L tree/link box:/tmp/followed");
    expect(await fails("cntnr cp tree/file box:/no/such")).toBe("cntnr: /no: there is no such directory");
    expect(await fails("cntnr cp tree/file box:/tmp/none/")).toBe(
      "cntnr: there is no directory /tmp/none to copy into",
    );
    expect(await fails("cntnr cp tree/none box:/tmp")).toEndWith(
      "tree/none: there is no such file or directory",
    );
    expect(await fails("cntnr cp tree/file box:/etc/passwd/")).toBe("cntnr: /etc/passwd is not a directory");
    expect(
      await inside(
        "cat /tmp/file /tmp/new /www/index.html /tmp/followed; readlink /tmp/link; stat -c %y /tmp/file; stat -c %u:%g /tmp/file",
      ),
    ).toBe("one\none\none\none\nfile\n2001-02-03 04:05:06.000000000 +0000\n0:0");
    await alice.ok(
      "rm -rf out; mkdir out; cntnr cp box:/tmp/file out; cntnr cp box:/etc/passwd out/accounts; cntnr cp box:/tmp/link out",
    );
    expect(
      await alice.ok("cat out/file; head -n 1 out/accounts; readlink out/link; stat -c %U out/accounts"),
    ).toBe("one\nroot:x:0:0:root:/root:/bin/sh\nfile\ncntnr-alice");
  });

  test("follows docker's rules for directories", async () => {
    await alice.ok(`${start}; ${makeTree}`);
    await alice.ok(
      "cntnr cp tree box:/tmp; cntnr cp tree box:/tmp/new; cntnr cp tree/. box:/tmp/contents; cntnr cp tree/. box:/home",
    );
    expect(await fails("cntnr cp tree box:/etc/passwd")).toBe(
      "cntnr: a directory cannot be copied over the file /etc/passwd",
    );
    await alice.ok(
      "rm -rf out; mkdir out; cntnr cp box:/tmp/tree out; cntnr cp box:/tmp/tree out/new; cntnr cp box:/tmp/tree/. out",
    );
    const original = await listing("tree");
    for (const directory of ["out/tree", "out/new"]) expect(await listing(directory)).toBe(original);
    expect(await alice.ok("cat out/sub/deep/file; test out/tree/hard -ef out/tree/file && echo same")).toBe(
      "two\nsame",
    );
    await inside("true");
    for (const directory of ["/tmp/tree", "/tmp/new", "/tmp/contents"])
      expect(await listing(directory, "box")).toBe(original.replaceAll("fifo fifo", "fifo fifo"));
    expect(await inside("cat /home/sub/deep/file")).toBe("two");
  });

  test("reads and writes archives, and keeps owners where that is asked for", async () => {
    await alice.ok(`${start}; ${makeTree}`);
    await alice.ok(
      "tar -cf - --owner=1000 --group=1001 tree | cntnr cp - box:/tmp; tar -cf - --owner=1000 --group=1001 tree | cntnr cp -a - box:/home",
    );
    expect(await alice.ok("cntnr cp box:/tmp/tree - | tar -t | sort | head -n 3")).toBe(
      "tree/\ntree/fifo\ntree/file",
    );
    expect(await fails("echo nonsense | cntnr cp - box:/tmp")).toContain("cntnr: ");
    expect(await fails("tar -cf - tree | cntnr cp - box:/none")).toBe(
      "cntnr: there is no directory /none to unpack into",
    );
    expect(await inside("stat -c %u:%g /tmp/tree/file /home/tree/file")).toBe("0:0\n1000:1001");
  });

  test("a large file and many files arrive whole", async () => {
    await alice.ok(
      `${start}; rm -rf many; mkdir many; cd many; head -c 30000000 /dev/urandom >big; for i in $(seq 1500); do echo $i >f$i; done`,
    );
    await alice.ok("cntnr cp many box:/; rm -rf back; cntnr cp box:/many back; diff -r many back");
  });
});

describe("cp", () => {
  test("sees what is mounted, in a container that runs and in one that does not", async () => {
    await alice.ok(
      "mkdir -p shared; echo bound >shared/file; cntnr run -d --name box -v $PWD/shared:/data --tmpfs /scratch $IMAGE sleep 1000",
    );
    await alice.ok(
      "cntnr exec box sh -c 'echo memory >/scratch/file'; rm -rf out; mkdir out; cntnr cp box:/data/file out/a; cntnr cp box:/scratch/file out/b",
    );
    await alice.ok(
      "cntnr stop -t 0 box; cntnr cp box:/data/file out/c; echo new >out/new; cntnr cp out/new box:/data/",
    );
    expect(await alice.ok("cat out/a out/b out/c shared/new")).toBe("bound\nmemory\nbound\nnew");
    expect(await fails("cntnr cp box:/scratch/file out")).toContain("there is no such file or directory");
  });

  test("takes all of a container that runs, and nothing that is the kernel's", async () => {
    await alice.ok("cntnr run -d --name box $IMAGE sleep 1000; rm -rf all; cntnr cp box:/ all 2>/dev/null");
    expect(await alice.ok("ls all/proc all/sys; cat all/etc/hostname | wc -l")).toBe(
      "all/proc:\n\nall/sys:\n1",
    );
    expect(await alice.ok("cntnr cp box:/ - | tar -t | grep -c -E '^root/(proc|sys)/.'; true")).toBe("0");
    // What is named itself is meant.
    await alice.ok("cntnr cp box:/proc/sys/kernel/ostype .");
  });

  test("writes to nothing that is mounted read-only", async () => {
    await alice.ok(
      "mkdir -p shared; cntnr run -d --name box -v $PWD/shared:/data:ro $IMAGE sleep 1000; echo x >x",
    );
    expect(await fails("cntnr cp x box:/data/")).toBe("cntnr: x: its file system is read-only");
  });

  test("needs a container on one side, and a pipe for an archive", async () => {
    await alice.ok("cntnr create --name box $IMAGE true");
    expect((await alice.run("cntnr cp a b")).exitCode).toBe(125);
    expect((await alice.run("cntnr cp box:/etc box:/tmp")).exitCode).toBe(125);
    expect(await fails("cntnr cp nobody:/etc .")).toContain("No such container: nobody");
    expect(
      await alice.ok("echo colon >./a:b; cntnr cp ./a:b box:/a; rm -rf out; cntnr cp box:/a out; cat out"),
    ).toBe("colon");
  });

  test("works for a user without sub-ids", async () => {
    const { carol } = alice.host.users;
    const script = `set -e; cntnr image pull -q ${alice.image} >/dev/null; cntnr run -d --name box ${alice.image} sleep 1000; echo carol >file; cntnr cp file box:/tmp/
      cntnr exec box cat /tmp/file; cntnr stop -t 0 box; rm -rf out; cntnr cp box:/tmp/file out; cat out; cntnr cp out box:/other; cntnr diff box; cntnr rm box`;
    const result = await asUser(carol, ["sh", "-c", script], {}, alice.host.place);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout.split("\n").slice(1)).toEqual([
      "carol",
      "box",
      "carol",
      "A /other",
      "C /tmp",
      "A /tmp/file",
      "box",
      "",
    ]);
  });
});

describe("links of a container lead nowhere out of it", () => {
  const secret = "echo secret >~/secret; mkdir -p ~/target";

  test.each([
    ["runs", "true"],
    ["does not run", "cntnr stop -t 0 box"],
  ])("when it %s", async (_, state) => {
    const home = alice.host.users.alice.home;
    const traps = `ln -s ${home}/secret /tmp/file; ln -s ${home}/target /tmp/directory; ln -s ../../../../../../../..${home} /tmp/up; ln -s /proc/1/root${home}/secret /tmp/proc`;
    await alice.ok(
      `${secret}; cntnr run -d --name box $IMAGE sleep 1000; cntnr exec box sh -c '${traps}'; ${state}`,
    );
    for (const path of ["/tmp/file", "/tmp/up/secret", "/tmp/proc"])
      expect(await fails(`cntnr cp -L box:${path} leaked`)).toContain("there is no such file or directory");
    await alice.ok("echo mine >mine");
    for (const path of ["/tmp/directory/", "/tmp/up/target/"]) await fails(`cntnr cp mine box:${path}`);
    await alice.run("cntnr cp mine box:/tmp/file");
    expect(await alice.ok("cat ~/secret; ls ~/target; test ! -e leaked")).toBe("secret");
  });

  test("nor do links that come in an archive, or that are in the user's own directory", async () => {
    const home = alice.host.users.alice.home;
    await alice.ok(
      `${secret}; cntnr run -d --name box $IMAGE sleep 1000; rm -rf evil; mkdir evil; ln -s ${home}/target evil/door`,
    );
    await alice.ok(
      "cd evil; tar -cf ../evil.tar door; rm door; mkdir door; echo planted >door/planted; tar -rf ../evil.tar door/planted",
    );
    await alice.run("cntnr cp - box:/tmp <evil.tar");
    expect(await alice.ok("ls ~/target")).toBe("");
    // The container's own directory takes the place of nothing that a link leads to outside of what is written to.
    await alice.ok(
      "cntnr exec box sh -c 'mkdir -p /src/door; echo planted >/src/door/planted'; rm -rf into; mkdir into; ln -s ~/target into/door",
    );
    await fails("cntnr cp box:/src/. into");
    expect(await alice.ok("ls ~/target")).toBe("");
  });
});

describe("export", () => {
  test("writes what a container has, running or not, with its owners, and of mounts the places", async () => {
    await alice.ok(
      "mkdir -p shared; echo bound >shared/file; cntnr run -d --name box -v $PWD/shared:/data --tmpfs /scratch $IMAGE sleep 1000",
    );
    await alice.ok(
      "cntnr exec box sh -c 'echo own >/own; chown 1000:1001 /own; mkdir -p \"/a b\"; ln -s own /link; rm /www/index.html; echo x >/scratch/x'",
    );
    await alice.ok("cntnr export box >running.tar; cntnr stop -t 0 box; cntnr export -o stopped.tar box");
    for (const archive of ["running.tar", "stopped.tar"]) {
      const names = (await alice.ok(`tar -tf ${archive}`)).split("\n");
      expect(
        names.filter((name) => /^(data|scratch|proc|sys|dev|a b|link|own|\.\/?$|www)/.test(name)),
      ).toEqual(expect.arrayContaining(["a b/", "data/", "link", "own", "proc/", "scratch/", "www/"]));
      expect(
        names.filter((name) => /^(?:\.|\/)|^(?:data|scratch|proc|sys)\/.|^www\/index/.test(name)),
      ).toEqual([]);
      expect(await alice.ok(`tar --numeric-owner -tvf ${archive} own etc/hosts`)).toMatch(
        / 1000\/1001 +4 .* own$/m,
      );
      expect(await alice.ok(`tar -xOf ${archive} etc/hosts | wc -c; tar -xOf ${archive} own`)).toBe("0\nown");
    }
    await alice.ok("cntnr import -c 'CMD cat /own' stopped.tar local/exported");
    expect(await alice.ok("cntnr run --rm local/exported")).toBe("own");
    expect(await alice.ok("cntnr events --since 1h --until 0s -f event=export --format '{{.Action}}'")).toBe(
      "export\nexport",
    );
  });

  test("keeps nothing of an archive that is not whole, and refuses a terminal", async () => {
    await alice.ok("cntnr create --name box $IMAGE true");
    expect(await fails("cntnr export -o here.tar nobody")).toContain("No such container: nobody");
    expect(await fails("cntnr export -o no/where.tar box")).toBe(
      "cntnr: cannot write no/where.tar: there is no directory no",
    );
    expect(await alice.ok("ls *.tar.* here.tar 2>/dev/null; true")).toBe("");
    expect(
      await fails(
        "script -qec 'cntnr export box' /dev/null </dev/null >said; grep -c -e '-o FILE' said; false",
      ),
    ).toBe("");
    expect(await alice.ok("tail -n 1 said")).toContain("an archive is nothing for a terminal");
    const broken = await alice.run("{ cntnr export box; echo $? >code; } | head -c 1 >/dev/null; cat code");
    expect([broken.stdout, broken.stderr]).toEqual(["141\n", ""]);
  });

  test("works for a user without sub-ids", async () => {
    const { carol } = alice.host.users;
    const asCarol = (line: string) =>
      alice.host.asUser(carol, ["sh", "-c", line], { env: { IMAGE: alice.image } });
    const { stdout, stderr } = await asCarol(
      "cntnr run --name box $IMAGE sh -c 'echo own >/own'; cntnr export box | tar --numeric-owner -tvf - own; cntnr rm -f box >/dev/null",
    );
    expect(stdout + stderr).toMatch(/ 0\/0 +4 .* own\n$/);
  });
});

describe("diff", () => {
  test("tells what was added, changed and deleted, and nothing of mounts", async () => {
    await alice.ok(
      "mkdir -p shared; cntnr run --name box -v $PWD/shared:/new/mount $IMAGE sh -c 'echo x >/added; echo y >>/etc/passwd; rm /www/index.html; mkdir -p /d/e; touch /d/e/f; chmod 700 /var; rm -r /home; mkdir /home'",
    );
    expect((await alice.ok("cntnr diff box")).split("\n")).toEqual([
      "A /added",
      "A /d",
      "A /d/e",
      "A /d/e/f",
      "C /etc",
      "C /etc/passwd",
      "C /home",
      "C /var",
      "C /www",
      "D /www/index.html",
    ]);
    await alice.ok("cntnr create --name fresh $IMAGE true");
    expect(await alice.ok("cntnr diff fresh")).toBe("");
  });

  test("sees into directories that are other users' alone", async () => {
    await alice.ok(
      "cntnr run --name box $IMAGE sh -c 'mkdir -m 700 /secret; touch /secret/file; chown -R 1000 /secret'",
    );
    expect(await alice.ok("cntnr diff box")).toBe("A /secret\nA /secret/file");
  });
});

describe("commit", () => {
  test("makes an image of what the container has become, with its settings and others", async () => {
    await alice.ok(
      "cntnr run -d --name box -e OWN=own -w /tmp -l from=run $IMAGE sh -c 'echo new >/etc/new; rm /www/index.html; sleep 1000'",
    );
    await waitFor(async () => (await alice.ok("cntnr diff box")).includes("/etc/new"), {
      what: "the change",
    });
    const id = await alice.ok(
      "cntnr commit -a Alice -m 'a comment' -c 'CMD cat new /etc/new' -c 'LABEL to=commit' -c 'ENV OTHER=other' box made:1",
    );
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await alice.container("box")).state).toBe("running");
    await alice.ok("cntnr rm -f box");
    expect((await alice.run("cntnr run --rm made:1")).stdout).toBe("new\n");
    expect(
      await alice.ok("cntnr run --rm made:1 sh -c 'ls /www; pwd; echo $OWN $OTHER; cat /etc/new; id -u'"),
    ).toBe("/tmp\nown other\nnew\n0");
    expect(
      await alice.ok(
        'cntnr create --name second made:1; cntnr inspect -f \'{{index .Config.Labels "from"}} {{index .Config.Labels "to"}}\' second; cntnr diff second',
      ),
    ).toEndWith("run commit");
    const config = JSON.parse(
      await alice.ok(`cat ~/.local/share/cntnr/images/blobs/sha256/${id.slice("sha256:".length)}`),
    );
    expect(config).toMatchObject({ author: "Alice" });
    expect(config.history.at(-1)).toMatchObject({ comment: "a comment", author: "Alice" });
  });

  test("takes every instruction that changes settings and nothing else", async () => {
    const changes = [
      "ENTRYPOINT echo",
      "EXPOSE 80",
      "HEALTHCHECK --retries=2 CMD true",
      "ONBUILD RUN true",
      "STOPSIGNAL 3",
      "USER 7",
      "VOLUME /v",
      "WORKDIR /w",
    ];
    const flags = changes.map((change) => `-c '${change}'`).join(" ");
    await alice.ok(`cntnr create --name settings $IMAGE true; cntnr commit ${flags} settings made:settings`);
    const config = JSON.parse(await alice.ok("cntnr image inspect -f '{{json .Config}}' made:settings"));
    expect(config).toMatchObject({
      Entrypoint: ["/bin/sh", "-c", "echo"],
      ExposedPorts: { "80/tcp": {} },
      Healthcheck: { Test: ["CMD-SHELL", "true"], Retries: 2 },
      OnBuild: ["RUN true"],
      StopSignal: "3",
      User: "7",
      Volumes: { "/v": {} },
      WorkingDir: "/w",
    });
  });

  test("of one container by several at once is done one after the other, while it is paused", async () => {
    await alice.ok(
      "cntnr run -d --name busy $IMAGE sh -c 'head -c 20000000 /dev/urandom >/f; echo made; sleep 1000'",
    );
    await waitFor(async () => (await alice.ok("cntnr logs busy")) === "made", { what: "the large file" });
    await Promise.all(["a", "b", "c"].map((tag) => alice.ok(`cntnr commit busy many:${tag}`)));
    const events = "cntnr events --since 1h --until 0s -f container=busy -f event=pause -f event=unpause";
    expect(await alice.ok(`${events} --format '{{.Action}}' | tr '\\n' ' '`)).toBe(
      "pause unpause ".repeat(3),
    );
    expect((await alice.container("busy")).state).toBe("running");
  });

  test("of a container of a committed image adds a layer to it", async () => {
    await alice.ok(
      "cntnr run --name one $IMAGE sh -c 'echo 1 >/one'; cntnr commit one step:1; cntnr run --name two step:1 sh -c 'echo 2 >/two'; cntnr commit two step:2",
    );
    expect(await alice.ok("cntnr run --rm step:2 cat /one /two")).toBe("1\n2");
  });

  test("takes instructions that change settings, and no others", async () => {
    await alice.ok("cntnr create --name box $IMAGE true");
    for (const change of ["RUN true", "FROM x", "NONSENSE", "COPY a b"])
      expect((await alice.run(`cntnr commit -c '${change}' box`)).exitCode).not.toBe(0);
    expect((await alice.run("cntnr commit box oci:x")).exitCode).toBe(125);
  });
});
