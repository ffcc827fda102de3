import { describe, expect, test } from "bun:test";
import {
  containerCommand,
  environment,
  refuseProc,
  workingDirectory,
} from "../../../../runtime/bundle/process-plan.ts";

describe("the command", () => {
  const image = { entrypoint: ["entry"], cmd: ["cmd"] };

  test("is entrypoint and cmd of the image, whose cmd arguments replace", () => {
    expect(containerCommand(image, { command: [] })).toEqual(["entry", "cmd"]);
    expect(containerCommand(image, { command: ["a", "b"] })).toEqual(["entry", "a", "b"]);
  });

  test("has nothing of the image with an entrypoint of one's own", () => {
    expect(containerCommand(image, { command: [], entrypoint: ["own"] })).toEqual(["own"]);
    expect(containerCommand(image, { command: ["a"], entrypoint: [] })).toEqual(["a"]);
    expect(() => containerCommand(image, { command: [], entrypoint: [] })).toThrow("no command");
  });
});

describe("the working directory", () => {
  test("is asked for, or the image's, or the root; clean and absolute", () => {
    expect(workingDirectory({ workingDir: "/srv" }, "/a//b/../c/")).toBe("/a/c");
    expect(workingDirectory({ workingDir: "srv/app/" }, undefined)).toBe("/srv/app");
    expect(workingDirectory({ workingDir: "../.." }, undefined)).toBe("/");
    expect(workingDirectory({ workingDir: "" }, undefined)).toBe("/");
  });

  test.each(["/proc", "/proc/self/fd/7", "/x/../proc/1/cwd", "proc/self"])("is not %s (B2)", (path) => {
    expect(() => workingDirectory({ workingDir: path }, undefined)).toThrow("is in /proc: refused");
  });

  test("may begin like /proc", () => {
    expect(() => refuseProc("/process", "/process")).not.toThrow();
  });
});

describe("the environment", () => {
  const parts = { image: [], asked: [], hostname: "box", home: "/root", tty: false };

  test("has PATH, HOSTNAME and HOME, and TERM with a terminal", () => {
    expect(environment(parts)).toEqual([expect.stringMatching(/^PATH=\//), "HOSTNAME=box", "HOME=/root"]);
    expect(environment({ ...parts, tty: true })).toContain("TERM=xterm");
  });

  test("of one name has the last value only", () => {
    const variables = environment({
      ...parts,
      image: ["PATH=/bin", "A=image", "HOME=/image"],
      asked: ["A=first", "A=", "B=x=y"],
    });
    expect(variables).toEqual(["PATH=/bin", "HOSTNAME=box", "A=", "HOME=/image", "B=x=y"]);
  });

  test("leaves out what is no variable", () => {
    expect(environment({ ...parts, image: ["NOVALUE", "=x", "NUL=a\0b"] })).toHaveLength(3);
  });
});
