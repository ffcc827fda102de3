import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { CntnrError, messageOf } from "../../errors/cntnr-error.ts";

/** Types of messages (draft-miller-ssh-agent, 5.1). */
const failure = 5;
const permitted: ReadonlySet<number> = new Set([
  11, // SSH_AGENTC_REQUEST_IDENTITIES
  13, // SSH_AGENTC_SIGN_REQUEST
]);

const lengthBytes = 4;
/** OpenSSH's own bound. */
const longestMessage = 256 * 1024;

/**
 * Listens at `path` and passes to an agent what lists keys and signs; all else fails, so that a command of a build cannot
 * change the user's agent. It ends with what it returns.
 */
export async function openAgentDoor(path: string, agent: string): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.once("close", () => sockets.delete(client));
    // A client that goes away, or talks nonsense, has itself to thank: it gets no answer.
    serve(client, agent).catch(() => client.destroy());
  });
  server.listen(path);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new CntnrError("engine", `the socket of an SSH agent cannot be made: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Request by request: an agent answers in order. */
async function serve(client: Socket, path: string): Promise<void> {
  const agent = connect(path);
  // Whoever waits for its answer is told.
  agent.on("error", () => agent.destroy());
  client.once("close", () => agent.destroy());
  const answers = messagesOf(agent);
  for await (const request of messagesOf(client)) {
    if (!permitted.has(request.readUInt8(lengthBytes))) {
      client.write(messageOfType(failure));
      continue;
    }
    agent.write(request);
    const answer = await answers.next();
    if (answer.done) break;
    client.write(answer.value);
  }
  client.end();
  agent.destroy();
}

/** Whole messages, each with its length before it. */
async function* messagesOf(socket: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let pending = Buffer.alloc(0);
  for await (const chunk of socket) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= lengthBytes) {
      const length = pending.readUInt32BE(0);
      if (length === 0 || length > longestMessage) throw new RangeError(`a message of ${length} bytes`);
      if (pending.length < lengthBytes + length) break;
      yield pending.subarray(0, lengthBytes + length);
      pending = pending.subarray(lengthBytes + length);
    }
  }
}

function messageOfType(type: number): Buffer {
  return Buffer.from([0, 0, 0, 1, type]);
}
