import { Ajv, type ValidateFunction } from "ajv";
import type { Question, WorkerMessage, WorkerRefusal } from "../contract/messages.ts";
import { requestSchemas, type WorkerCallName } from "../contract/worker-calls.ts";
import { messageOf, Refusal } from "../errors.ts";
import type { WorkerTable } from "./table.ts";

/** How many calls a front may have open: more than its connections can ask for is no front of ours. */
const mostCalls = 2048;

const ajv = new Ajv();
const isOfForm = Object.fromEntries(
  Object.entries(requestSchemas).map(([name, schema]): [string, ValidateFunction] => [
    name,
    ajv.compile(schema),
  ]),
);

/** What a front says is not what a front of ours says: it is not listened to any more. */
export class ProtocolViolation extends Error {
  override readonly name = "ProtocolViolation";
}

/** Answers one front's questions by the table. */
export class Calls {
  #open = 0;

  constructor(
    private readonly table: WorkerTable,
    private readonly answer: (message: WorkerMessage) => void,
  ) {}

  /** Throws ProtocolViolation. */
  take(message: unknown): void {
    const question = questionIn(message);
    if (++this.#open > mostCalls) throw new ProtocolViolation("too many calls at once");
    this.#handle(question)
      .then(
        (value) => this.answer({ answer: question.call, value }),
        (error: unknown) => this.answer({ answer: question.call, refusal: refusalOf(error) }),
      )
      .finally(() => this.#open--);
  }

  async #handle({ ask, with: request }: Question): Promise<unknown> {
    // The form of the request was checked by its own name's schema, which is what the row's type says.
    const handler = this.table[ask] as (request: unknown) => unknown;
    return handler(request);
  }
}

function questionIn(message: unknown): Question {
  if (typeof message !== "object" || message === null) throw new ProtocolViolation("not a question");
  const { call, ask, with: request, ...rest } = message as Record<string, unknown>;
  if (typeof call !== "number" || !Number.isSafeInteger(call) || Object.keys(rest).length > 0)
    throw new ProtocolViolation("not a question");
  if (typeof ask !== "string" || !Object.hasOwn(isOfForm, ask))
    throw new ProtocolViolation("asks for nothing there is");
  const validate = isOfForm[ask];
  if (!validate?.(request))
    throw new ProtocolViolation(`${ask}: ${ajv.errorsText(validate?.errors ?? null)}`);
  return { call, ask: ask as WorkerCallName, with: request as Question["with"] };
}

function refusalOf(error: unknown): WorkerRefusal {
  if (!(error instanceof Refusal)) return { code: "failed", text: "", reason: messageOf(error) };
  const reason = error.cause === undefined ? error.message : messageOf(error.cause);
  return { code: error.code, text: error.message, reason };
}
