import { explainFileError } from "../errors/cntnr-error.ts";
import { explainDiskError } from "../errors/disk-error.ts";

/**
 * The same object, whose methods throw CntnrError also for what a disk refuses (ENOSPC, EACCES and their like): these come from any call
 * on a file, so that they are put in words here, where they leave the engine. The system's own error is the `cause`.
 */
export function withTypedErrors<T extends object>(room: T): T {
  return new Proxy(room, {
    get(target, name) {
      // Of the object itself: it has private fields.
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]) => typed(() => Reflect.apply(value, target, args));
    },
  });
}

function typed(call: () => unknown): unknown {
  try {
    const result = call();
    if (result instanceof Promise) return result.catch(fail);
    return isIteration(result) ? typedIteration(result) : result;
  } catch (error) {
    return fail(error);
  }
}

function isIteration(value: unknown): value is AsyncGenerator<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function* typedIteration(iteration: AsyncGenerator<unknown>): AsyncGenerator<unknown> {
  try {
    yield* iteration;
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): never {
  throw explainDiskError(error) ?? explainFileError(error) ?? error;
}
