/** A flag where it stands. */
export interface FlagValue {
  readonly name: string;
  readonly value: string;
}

/** Flags and positionals of one command line. */
export class ParsedArguments {
  constructor(
    private readonly flags: ReadonlyMap<string, readonly string[]>,
    /** Positionals in order; with a command that passes through, all from the first positional on. */
    readonly positionals: readonly string[],
    private readonly order: readonly FlagValue[] = [],
  ) {}

  /** All flags as they stand on the command line. */
  inOrder(): readonly FlagValue[] {
    return this.order;
  }

  /** A switch: the last word counts (`--rm --rm=false` is off). */
  has(name: string): boolean {
    return this.flags.get(name)?.at(-1) === "true";
  }

  /** The last value of a flag. */
  value(name: string): string | undefined {
    return this.flags.get(name)?.at(-1);
  }

  /** All values of a repeatable flag. */
  values(name: string): readonly string[] {
    return this.flags.get(name) ?? [];
  }
}
