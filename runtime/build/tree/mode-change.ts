/** A change of permissions as chmod(1) takes it, for any number of files. */
export interface ModeChange {
  /** The new permission bits (07777) of a file that has these. */
  readonly apply: (mode: number, isDirectory: boolean) => number;
}

const who = { u: 0o4700, g: 0o2070, o: 0o1007 } as const;
const everybody = 0o7777;
const executable = 0o111;

/** Parses `755` or `u=rwX,go-w`; undefined for what chmod(1) would not take. No umask is applied: what is written is meant. */
export function parseModeChange(text: string): ModeChange | undefined {
  if (/^[0-7]{1,4}$/.test(text)) {
    const mode = Number.parseInt(text, 8);
    return { apply: () => mode };
  }
  const clauses = text.split(",").map(parseClause);
  const complete = clauses.filter((clause) => clause !== undefined);
  if (complete.length !== clauses.length) return undefined;
  return {
    apply: (mode, isDirectory) => complete.reduce((current, clause) => clause(current, isDirectory), mode),
  };
}

type Clause = (mode: number, isDirectory: boolean) => number;

function parseClause(text: string): Clause | undefined {
  const [, classes = "", actions = ""] = /^([ugoa]*)((?:[+=-](?:[rwxXst]*|[ugo]))+)$/.exec(text) ?? [];
  if (actions === "") return undefined;
  const mask = maskOf(classes);
  const steps = [...actions.matchAll(/([+=-])([a-zA-Z]*)/g)].map(([, operator = "", permissions = ""]) => ({
    operator,
    permissions,
  }));
  return (mode, isDirectory) =>
    steps.reduce(
      (current, step) => applyStep(current, isDirectory, mask, step.operator, step.permissions),
      mode,
    );
}

function maskOf(classes: string): number {
  if (classes === "" || classes.includes("a")) return everybody;
  let mask = 0;
  for (const letter of classes) if (letter === "u" || letter === "g" || letter === "o") mask |= who[letter];
  return mask;
}

function applyStep(
  mode: number,
  isDirectory: boolean,
  mask: number,
  operator: string,
  permissions: string,
): number {
  const bits = bitsOf(permissions, mode, isDirectory) & mask;
  if (operator === "+") return mode | bits;
  if (operator === "-") return mode & ~bits;
  return (mode & ~mask) | bits;
}

function bitsOf(permissions: string, mode: number, isDirectory: boolean): number {
  if (/^[ugo]$/.test(permissions)) {
    const shift = { u: 6, g: 3, o: 0 }[permissions] ?? 0;
    return ((mode >> shift) & 7) * 0o111;
  }
  let bits = 0;
  for (const letter of permissions) {
    if (letter === "r") bits |= 0o444;
    if (letter === "w") bits |= 0o222;
    if (letter === "x" || (letter === "X" && (isDirectory || (mode & executable) !== 0))) bits |= executable;
    if (letter === "s") bits |= 0o6000;
    if (letter === "t") bits |= 0o1000;
  }
  return bits;
}
