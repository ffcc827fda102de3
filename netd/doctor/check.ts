import { messageOf } from "../errors.ts";

/** `good`, or what is to be done: a `fault` keeps netd from its work, a `warning` does not. */
export type Verdict = "good" | "warning" | "fault";

export interface Finding {
  readonly verdict: Verdict;
  /** What was found, and what to do about it. */
  readonly text: string;
}

export interface Check {
  readonly name: string;
  /** What it throws is a fault. */
  readonly look: () => Finding | Promise<Finding>;
}

export interface Diagnosis extends Finding {
  readonly name: string;
}

export const good = (text: string): Finding => ({ verdict: "good", text });
export const warning = (text: string): Finding => ({ verdict: "warning", text });
export const fault = (text: string): Finding => ({ verdict: "fault", text });

/** Makes the checks one after the other. */
export async function* diagnose(checks: readonly Check[]): AsyncGenerator<Diagnosis> {
  for (const { name, look } of checks) {
    const finding = await Promise.resolve()
      .then(look)
      .catch((error: unknown) => fault(messageOf(error)));
    yield { name, ...finding };
  }
}
