import { expect, test } from "bun:test";
import { parseMount as parse } from "../../../../../runtime/build/dockerfile/mount.ts";

const parseMount = (text: string): unknown => parse(text);

test("mounts have the defaults of the reference", () => {
  expect(parseMount("target=.")).toEqual({ type: "bind", target: ".", source: "/", writable: false });
  expect(parseMount('type=cache,"dst=/a, b",sharing=locked,uid=5,mode=700,ro')).toEqual({
    type: "cache",
    target: "/a, b",
    id: "/a, b",
    sharing: "locked",
    source: "/",
    writable: false,
    mode: 0o700,
    uid: 5,
    gid: 0,
  });
  expect(parseMount("type=tmpfs,target=/t,size=2m")).toEqual({
    type: "tmpfs",
    target: "/t",
    sizeBytes: 2 ** 21,
  });
  const secret = { type: "secret", mode: 0o400, uid: 0, gid: 0 };
  expect(parseMount("type=secret,id=a,required")).toEqual({
    ...secret,
    id: "a",
    target: "/run/secrets/a",
    required: true,
  });
  expect(parseMount("type=secret,target=/x/key")).toEqual({
    ...secret,
    id: "key",
    target: "/x/key",
    required: false,
  });
  expect(parseMount("type=secret,id=a,env=A")).toEqual({
    ...secret,
    id: "a",
    variable: "A",
    required: false,
  });
  expect(parseMount("type=ssh")).toEqual({
    type: "ssh",
    id: "default",
    required: false,
    mode: 0o600,
    uid: 0,
    gid: 0,
  });
});

test.each([
  ["type=cache", "target is missing"],
  ["type=bind,target=/a,ro,rw", "both read-only and writable"],
  ["type=secret", "an id or a target"],
  ["target=/a,size=3", "has no size"],
  ["type=tmpfs,target=/a,size=3x", "size=3x"],
  ["type=cache,target=/a,sharing=some", "sharing is"],
  ["type=cache,target=/a,mode=9", "octal"],
  ["target", "has no value"],
])("%s is refused", (text, problem) => {
  expect(parseMount(text)).toEqual({ problem: expect.stringContaining(problem) });
});
