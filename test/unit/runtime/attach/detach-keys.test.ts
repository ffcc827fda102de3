import { describe, expect, test } from "bun:test";
import { DetachFilter, parseDetachKeys } from "../../../../runtime/attach/detach-keys.ts";

describe("detach keys", () => {
  test("are letters and control characters", () => {
    expect([...parseDetachKeys("ctrl-p,ctrl-q")]).toEqual([16, 17]);
    expect([...parseDetachKeys("a,Ctrl-[,ctrl-@,ctrl-\\,ctrl-_")]).toEqual([97, 27, 0, 28, 31]);
    expect([...parseDetachKeys("")]).toEqual([]);
    for (const text of ["ctrl-", "ctrl-1", "ab", "ctrl-p,", "é"])
      expect(() => parseDetachKeys(text)).toThrow("--detach-keys");
  });

  const typed = (keys: string, ...chunks: string[]) => {
    const filter = new DetachFilter(parseDetachKeys(keys));
    let passed = "";
    for (const chunk of chunks) {
      const result = filter.filter(Buffer.from(chunk));
      passed += Buffer.from(result.keys).toString();
      if (result.isDetached) return `${passed}|`;
    }
    return passed;
  };

  test("are found wherever they are typed, in one piece or in several", () => {
    expect(typed("ctrl-p,ctrl-q", "ls\r\x10\x11more")).toBe("ls\r|");
    expect(typed("ctrl-p,ctrl-q", "\x10", "\x11")).toBe("|");
    expect(typed("ctrl-p,ctrl-q", "\x10\x10\x11")).toBe("\x10|");
    expect(typed("a,a,b", "aaab")).toBe("a|");
    expect(typed("x", "abcx")).toBe("abc|");
  });

  test("hold nothing back that turns out to be something else", () => {
    expect(typed("ctrl-p,ctrl-q", "\x10", "x")).toBe("\x10x");
    expect(typed("a,b,a,c", "ababd")).toBe("ababd");
    expect(typed("", "\x10\x11")).toBe("\x10\x11");
  });
});
