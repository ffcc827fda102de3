import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  familiarName,
  isLoopbackRegistry,
  localNames,
  parseImageReference,
  splitName,
} from "../../../../runtime/image/reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("a reference stands for", () => {
  test.each([
    ["alpine", "docker.io/library/alpine:latest", "plain"],
    ["alpine:3.6", "docker.io/library/alpine:3.6", "plain"],
    ["user/app", "docker.io/user/app:latest", "plain"],
    ["docker://alpine:3.6", "docker.io/library/alpine:3.6", "docker"],
    ["docker.io/alpine", "docker.io/library/alpine:latest", "plain"],
    ["index.docker.io/library/alpine", "docker.io/library/alpine:latest", "plain"],
    ["localhost/app", "localhost/app:latest", "plain"],
    ["localhost:5000/app:v1", "localhost:5000/app:v1", "plain"],
    ["[::1]:5000/app", "[::1]:5000/app:latest", "plain"],
    ["REG.example.org/a/b/c:T_1.x-2", "REG.example.org/a/b/c:T_1.x-2", "plain"],
    [`alpine@${digest}`, `docker.io/library/alpine@${digest}`, "plain"],
    [`alpine:3.6@${digest}`, `docker.io/library/alpine@${digest}`, "plain"],
    ["oci:/images/debian:12", "localhost/debian:12", "oci"],
    ["oci:/images/My Layout.oci", "localhost/my-layout:latest", "oci"],
    ["oci:dir:docker.io/library/x:1", "docker.io/library/x:1", "oci"],
    ["oci-archive:/tmp/app.tar.gz", "localhost/app:latest", "oci-archive"],
    ["docker-archive:app.tar:name:1", "docker.io/library/name:1", "docker-archive"],
    ["dir:/tmp/x:y", "localhost/x-y:latest", "dir"],
  ])("%p is %p", (text, name, transport) => {
    expect(parseImageReference(text)).toMatchObject({ name, transport });
  });

  test("a file's name is cut so that it is still a name", () => {
    const { name } = parseImageReference(`dir:/images/${"x".repeat(127)}.and-more`);
    expect(parseImageReference(name).name).toBe(`localhost/${"x".repeat(127)}:latest`);
  });

  test("a registry's image is copied from where its name says", () => {
    expect(parseImageReference("127.0.0.1:5000/a:1")).toMatchObject({
      registry: "127.0.0.1:5000",
      source: "docker://127.0.0.1:5000/a:1",
    });
  });

  test("a plain name may be a local image's, too; docker:// may not", () => {
    expect(localNames(parseImageReference("app"))).toEqual([
      "docker.io/library/app:latest",
      "localhost/app:latest",
    ]);
    expect(localNames(parseImageReference("docker://app"))).toEqual(["docker.io/library/app:latest"]);
    expect(localNames(parseImageReference("user/app"))).toEqual(["docker.io/user/app:latest"]);
  });
});

test("a name is shown so that it means the same when it is typed", () => {
  expect(familiarName("docker.io/library/alpine:3.6")).toBe("alpine:3.6");
  expect(familiarName("docker.io/user/dir:1")).toBe("user/dir:1");
  expect(familiarName("docker.io/library/docker:dind")).toBe("docker:dind");
  expect(familiarName("docker.io/library/a/b:1")).toBe("library/a/b:1");
  expect(familiarName("docker.io/a.b/c:1")).toBe("docker.io/a.b/c:1");
  // As `oci:latest` it would be a directory.
  for (const name of ["oci:latest", "dir:1", "docker-archive:2", "sif:3"])
    expect(familiarName(`docker.io/library/${name}`)).toBe(`docker.io/library/${name}`);
});

describe("a reference is refused", () => {
  test.each([
    ["", "the name is empty"],
    ["docker://", "the name is empty"],
    ["Alpine", "no upper-case letters"],
    ["a//b", "cannot be part of a name"],
    ["/a", "cannot be part of a name"],
    ["a/", "cannot be part of a name"],
    ["a/../b", "cannot be part of a name"],
    ["a b", "cannot be part of a name"],
    ["a:", "is not a tag"],
    ["a:b:c", "cannot be part of a name"],
    ["a:-x", "is not a tag"],
    [`a:${"t".repeat(129)}`, "is not a tag"],
    [`a@${digest}@${digest}`, "more than one @"],
    ["a@sha256:abc", "64 lower-case hexadecimal digits"],
    [`a@${digest.toUpperCase()}`, "64 lower-case hexadecimal digits"],
    [`a@sha512:${"0".repeat(128)}`, "64 lower-case hexadecimal digits"],
    ["a@sha256:../../../../etc/passwd", "64 lower-case hexadecimal digits"],
    ["0".repeat(64), "an image's id, not a name"],
    ["host:99999999/a", "is not a registry's host"],
    ["ho_st.x/a", "is not a registry's host"],
    [`x/${"a".repeat(300)}`, "longer than 255"],
    ["oci:", "it is written oci:PATH"],
    ["oci:dir:", "nothing stands after the last colon"],
    ["oci:dir:-bad", "is not a tag"],
    ["docker:/alpine", "written docker://NAME"],
    // As names of the store these would be files.
    ["docker://oci:0/app:3.6", "would be taken for a transport"],
    ["docker://sif:5000/app", "would be taken for a transport"],
    ["docker-archive:x.tar:dir:1/app:3", "would be taken for a transport"],
  ])("%p", (text, reason) => {
    expect(() => parseImageReference(text)).toThrow(reason);
    expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  test.each(["containers-storage:x", "docker-daemon:x", "http://x/y", "https://x/y", "sif:x"])(
    "%p, with advice",
    (text) => {
      expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: "unsupported" }));
    },
  );
});

describe("whatever is asked for", () => {
  test("it is refused with a CntnrError, or has one full name that stands for itself", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "docker://",
        "oci:",
        "dir:",
        "a",
        "A",
        "/",
        ":",
        "@",
        "..",
        digest,
        "localhost",
        " ",
        "\0",
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        let name: string;
        try {
          name = parseImageReference(text).name;
        } catch (error) {
          expect(error).toMatchObject({ name: "CntnrError" });
          return;
        }
        // No spaces, no way up, nothing that a command line or a path takes for something else.
        expect(name).toMatch(
          /^[A-Za-z0-9[][A-Za-z0-9.:[\]_-]*(?:\/[a-z0-9][a-z0-9._-]*)+(?:[:@][A-Za-z0-9_:.-]+)$/,
        );
        expect(name.split("/")).not.toContain("..");
        expect(parseImageReference(name).name).toBe(name);
      }),
      { numRuns: 5000 },
    );
  });

  test("names that people write are kept in their parts", () => {
    const component = fc.stringMatching(/^[a-z0-9]+(?:[._-][a-z0-9]+){0,2}$/);
    const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 4 }), tag, (path, version) => {
        const repository = `registry.example.org/${path.join("/")}`;
        expect(splitName(parseImageReference(`${repository}:${version}`).name)).toEqual({
          repository,
          tag: version,
        });
      }),
    );
  });

  test("only this machine's registries are on the loopback", () => {
    for (const registry of ["localhost", "localhost:5000", "127.0.0.1", "127.9.9.9:80", "[::1]:5000"])
      expect(isLoopbackRegistry(registry)).toBe(true);
    for (const registry of ["docker.io", "localhost.example.org", "127.example.org", "1127.0.0.1", "[::11]"])
      expect(isLoopbackRegistry(registry)).toBe(false);
  });
});
