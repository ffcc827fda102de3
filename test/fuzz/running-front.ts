import { compileProgram, netdSocket } from "../fixtures/call-netd.ts";
import { TestPlugins } from "../fixtures/cni-plugins.ts";
import type { FuzzerAnswer, FuzzerOrder, FuzzerReady } from "../fixtures/netd-fuzzer.ts";
import { frontOf, residentBytes } from "../fixtures/processes.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { makeNamespace, type UserNamespace } from "../fixtures/user-namespaces.ts";
import type { TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";
import { kindOf, type Target } from "./fuzz.ts";
import { callsForm, decodeCall } from "./targets/calls.ts";
import { streamsForm } from "./targets/streams.ts";

/** Every one of these netd's contract names (`proto/netd.proto`), or gRPC itself gives. */
const statuses = [0, 3, 4, 6, 7, 8, 12, 13, 14];
/** Longer than the longest that a connection may do nothing (Q1). */
const longestMs = 14_000;
const mostGrowthBytes = 64 << 20;

const policy = `[network lab]
conflist = lab.conflist
[allow group:cntnr-dev network:lab]
attachments = 3
`;

/** A user whose program sends what it is told, and what that program has open. */
interface Sender {
  readonly places: Readonly<Record<string, number>>;
  readonly send: (order: FuzzerOrder) => Promise<FuzzerAnswer>;
}

/** A real netd, and two users who send it anything: one who is granted a network, and one who is granted nothing. */
export class RunningFront implements AsyncDisposable {
  readonly targets: readonly Target[];
  readonly #before: Readonly<Record<string, number>>;

  private constructor(
    private readonly host: TestHost,
    private readonly netd: RunningCommand,
    private readonly namespaces: readonly UserNamespace[],
    granted: Sender,
    stranger: Sender,
  ) {
    this.#before = this.#memory();
    this.targets = [
      { ...callsForm(granted.places), run: (input) => this.#runCall(granted, input) },
      { ...streamsForm(stranger.places), run: (input) => this.#runStream(stranger, input) },
    ];
  }

  static async start(): Promise<RunningFront> {
    const host = await TestHost.start();
    // It makes nothing that the host sees: what is tried here comes before any plugin.
    const result = `{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","mac":"02:00:00:00:00:01","sandbox":"/x"}]}`;
    const { path } = new TestPlugins(host).script(
      "fake",
      `[ "$CNI_COMMAND" = ADD ] && echo '${result}'; exit 0`,
    );
    const plugins = [{ type: "fake" }];
    const conflist = { cniVersion: "1.0.0", name: "lab", cntnr: { acceptUnfiltered: true }, plugins };
    host.writeConflist(conflist);
    const names = ["connect-burst", "connect-rate", "attach-burst", "attach-rate", "call-burst", "call-rate"];
    const limits = names.flatMap((name) => ["--limit", `${name}=100000`]);
    const netd = await host.startNetd({ policy, args: ["--plugin-dir", path, ...limits] });
    const { alice, bob } = host.users;
    const namespaces = [await makeNamespace(host, alice), await makeNamespace(host, bob)];
    const senders = [];
    for (const [index, user] of [alice, bob].entries())
      senders.push(await startSender(host, user, namespaces[index]?.pid ?? 0));
    const [granted, stranger] = senders;
    if (!granted || !stranger) throw new Error("there is nobody");
    return new RunningFront(host, netd, namespaces, granted, stranger);
  }

  async #runCall(sender: Sender, input: Buffer): Promise<string> {
    const { headers, body } = decodeCall(input);
    const answer = await sender.send({ headers, body: body.toString("base64") });
    this.#judge(answer, input);
    // The client's own half knows better.
    if (answer.outcome.startsWith("not sent")) return "not sent";
    const [, head = "", code, rest = ""] = /^((?:http|grpc) (\d+))?([\s\S]*)$/.exec(answer.outcome) ?? [];
    if (head.startsWith("grpc") && !statuses.includes(Number(code)))
      throw new Error(`a status that is not in the contract: ${answer.outcome}`);
    if (rest.includes("internal error")) throw new Error(answer.outcome);
    return `${head}${kindOf(rest.replace(/(method) .*|(reference) [^ )]+/gs, "$1$2 X"))}`;
  }

  async #runStream(sender: Sender, input: Buffer): Promise<string> {
    const answer = await sender.send({ raw: input.toString("base64") });
    this.#judge(answer, input);
    return answer.outcome;
  }

  #judge({ outcome, answeredBytes, durationMs, honest }: FuzzerAnswer, input: Buffer): void {
    if (honest !== 0) throw new Error(`the next honest call gets status ${honest} (after ${outcome})`);
    if (durationMs > longestMs || /stays open|no answer/.test(outcome))
      throw new Error(`${outcome} after ${Math.round(durationMs)} ms`);
    if (answeredBytes > (1 << 16) + 8 * input.length) throw new Error(`answered with ${answeredBytes} bytes`);
    if (this.netd.stderr !== "") throw new Error(`netd says: ${this.netd.stderr}`);
  }

  /** Nothing is left once the users' containers have ended, and neither half has grown. Throws otherwise. */
  async finish(): Promise<void> {
    for (const { process } of this.namespaces) process.kill("SIGKILL");
    await this.host.waitForNoResidue();
    const owners = this.host
      .auditLines()
      .flatMap(({ event, subject }) => (event === "attach" ? [(subject as { uid: number }).uid] : []));
    if (owners.includes(this.host.users.bob.uid)) throw new Error("who is granted nothing was attached");
    for (const [half, bytes] of Object.entries(this.#memory())) {
      const growth = bytes - (this.#before[half] ?? 0);
      if (growth > mostGrowthBytes) throw new Error(`the ${half} has grown by ${growth} bytes`);
    }
  }

  #memory(): Record<string, number> {
    const { pid } = this.netd;
    return { worker: residentBytes(pid), front: residentBytes(frontOf(pid)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}

async function startSender(host: TestHost, user: TestUser, pid: number): Promise<Sender> {
  const program = await compileProgram(host, "netd-fuzzer");
  const process = host.spawnAsUser(user, [program, JSON.stringify({ socket: netdSocket, pid })]);
  const [, text = ""] = await process.waitForOutput(/^ready (.*)$/m);
  const { netnsFd, leaseFd } = JSON.parse(text) as FuzzerReady;
  let heard = process.stdout.length;
  return {
    places: { netnsFd, leaseFd },
    send: async (order) => {
      process.write(`${JSON.stringify(order)}\n`);
      const end = await waitFor(() => process.stdout.indexOf("\n", heard) + 1 || undefined, {
        what: `an answer of the sending program\n${process.stderr}`,
        timeoutMs: 60_000,
      });
      const line = process.stdout.slice(heard, end);
      heard = end;
      return JSON.parse(line) as FuzzerAnswer;
    },
  };
}
