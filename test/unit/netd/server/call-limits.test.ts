import { expect, test } from "bun:test";
import { Refusal } from "../../../../netd/errors.ts";
import { CallLimits } from "../../../../netd/server/call-limits.ts";
import { defaultLimits } from "../../../../netd/server/limits.ts";

const never = new AbortController().signal;

test("a burst goes through at once, what comes faster than the rate waits, and others do not (Q5)", async () => {
  const limits = new CallLimits({ ...defaultLimits, attaching: { burst: 3, perSecond: 1 } });
  const admitted: string[] = [];
  const ask = (what: string, uid: number, kind: "attach" | "other" = "attach") =>
    limits.admit(uid, kind, never).then(() => admitted.push(what));
  await Promise.all([
    ...["burst", "burst", "burst", "after a second", "after another"].map((what) => ask(what, 1)),
    ask("somebody else", 2),
    ask("something else", 1, "other"),
  ]);
  expect(admitted).toEqual([
    ...["burst", "burst", "burst", "somebody else", "something else"],
    ...["after a second", "after another"],
  ]);
});

test("who would wait too long is refused, and told when to come again (Q5)", async () => {
  const limits = new CallLimits({ ...defaultLimits, attaching: { burst: 1, perSecond: 0.04 } });
  await limits.admit(1, "attach", never);
  const refused = limits.admit(1, "attach", never);
  await expect(refused).rejects.toThrow("too many requests of yours: try again in 5 s");
  await expect(refused).rejects.toBeInstanceOf(Refusal);
});

test("who goes away does not wait on", async () => {
  const limits = new CallLimits({ ...defaultLimits, calling: { burst: 1, perSecond: 0.1 } });
  const abort = new AbortController();
  await limits.admit(1, "other", abort.signal);
  const waiting = limits.admit(1, "other", abort.signal);
  abort.abort();
  await expect(waiting).rejects.toThrow();
});
