/** The one command that mends a lack, and who has to type it. */
export interface Remedy {
  readonly command: string;
  readonly as: "root" | "user";
}

/** `good`, or what is lacking: a `fault` keeps containers from running, a `warning` takes something away. */
export interface Finding {
  readonly verdict: "good" | "warning" | "fault";
  /** What was found, and what it means. */
  readonly text: string;
  readonly remedy?: Remedy;
}

export interface Check {
  readonly name: string;
  /** What it throws is a fault. */
  readonly look: () => Finding | Promise<Finding>;
}

export const good = (text: string): Finding => ({ verdict: "good", text });
export const warning = (text: string, remedy?: Remedy): Finding => lack("warning", text, remedy);
export const fault = (text: string, remedy?: Remedy): Finding => lack("fault", text, remedy);

function lack(verdict: "warning" | "fault", text: string, remedy: Remedy | undefined): Finding {
  return { verdict, text, ...(remedy ? { remedy } : {}) };
}

export const asRoot = (command: string): Remedy => ({ command, as: "root" });
export const asUser = (command: string): Remedy => ({ command, as: "user" });

/** A command of root's that sets a sysctl now and at every boot. */
export function setSysctl(name: string, value: number): Remedy {
  return asRoot(`echo '${name} = ${value}' >/etc/sysctl.d/60-cntnr.conf && sysctl --system`);
}
