import type { TestHost } from "../fixtures/test-host.ts";
import type { TestUser } from "../fixtures/users.ts";

/** What a command is to do; what is left out does not matter. */
export interface Expectation {
  /** Default 0. */
  readonly exitCode?: number;
  readonly output?: RegExp;
}

/** Plays commands like a terminal session, prints what a person would see, and keeps what did not go as expected. */
export class Transcript {
  readonly faults: string[] = [];

  constructor(private readonly host: TestHost) {}

  say(text: string): void {
    console.log(`\n# ${text}`);
  }

  /** @param user undefined for root; @returns everything that the command printed */
  async play(user: TestUser | undefined, line: string, expected: Expectation = {}): Promise<string> {
    const prompt = user ? `${user.name.replace("cntnr-", "")}$` : "root#";
    console.log(`${prompt} ${line}`);
    const argv = ["sh", "-c", `{ ${line}\n} 2>&1`];
    const { stdout, exitCode } = user ? await this.host.asUser(user, argv) : await this.host.asRoot(argv);
    if (stdout !== "") console.log(stdout.trimEnd());
    const { exitCode: expectedCode = 0, output } = expected;
    if (expectedCode !== 0 || exitCode !== 0) console.log(`(exit code ${exitCode})`);
    if (exitCode !== expectedCode) this.#fault(`"${line}": exit code ${exitCode} instead of ${expectedCode}`);
    if (output && !output.test(stdout)) this.#fault(`"${line}": no ${output} in its output`);
    return stdout;
  }

  /** States something that is not seen in one command's output. */
  check(isTrue: boolean, statement: string): void {
    console.log(`${isTrue ? "ok" : "NOT OK"}: ${statement}`);
    if (!isTrue) this.faults.push(statement);
  }

  #fault(text: string): void {
    console.log(`NOT AS EXPECTED: ${text}`);
    this.faults.push(text);
  }
}
