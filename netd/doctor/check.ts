/** `good`, or what is to be done: a `fault` keeps netd from its work, a `warning` does not. */
type Verdict = "good" | "warning" | "fault";

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

export const good = (text: string): Finding => ({ verdict: "good", text });
export const warning = (text: string): Finding => ({ verdict: "warning", text });
export const fault = (text: string): Finding => ({ verdict: "fault", text });
