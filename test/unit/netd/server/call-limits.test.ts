import { expect, test } from "bun:test";
import { Refusal } from "../../../../netd/errors.ts";
import { CallLimits } from "../../../../netd/server/call-limits.ts";
import { defaultLimits } from "../../../../netd/server/limits.ts";

const never = new AbortController().signal;

/** Milliseconds that a call has to wait. */
async function waits(limits: CallLimits, uid: number, kind: "attach" | "other" = "attach"): Promise<number> {
  const started = performance.now();
  await limits.admit(uid, kind, never);
  return performance.now() - started;
}

test("a burst goes through at once, what comes faster than the rate waits, and others do not (Q5)", async () => {
  const limits = new CallLimits({ ...defaultLimits, attaching: { burst: 3, perSecond: 20 } });
  for (let call = 0; call < 3; call++) expect(await waits(limits, 1)).toBeLessThan(20);
  const delayed = Promise.all([waits(limits, 1), waits(limits, 1)]);
  expect(await waits(limits, 2)).toBeLessThan(20);
  expect(await waits(limits, 1, "other")).toBeLessThan(20);
  const [first, second] = await delayed;
  expect(first).toBeGreaterThan(40);
  expect(second).toBeGreaterThan(90);
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
