import { CntnrError } from "../../runtime/errors/cntnr-error.ts";

/** What is told of something in a list; undefined when it has been removed since the list was made. */
export async function unlessGone<T>(told: Promise<T>): Promise<T | undefined> {
  try {
    return await told;
  } catch (error) {
    if (error instanceof CntnrError && error.code === "not-found") return undefined;
    throw error;
  }
}
