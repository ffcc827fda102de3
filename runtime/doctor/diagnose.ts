import type { Check, Finding } from "./check.ts";

export interface Diagnosis extends Finding {
  /** Of the check. */
  readonly name: string;
}

/** Makes the checks one after the other. */
export async function* diagnose(checks: readonly Check[], signal?: AbortSignal): AsyncGenerator<Diagnosis> {
  for (const { name, look } of checks) {
    if (signal?.aborted) return;
    yield { name, ...(await findingOf(look)) };
  }
}

async function findingOf(look: Check["look"]): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return { verdict: "fault", text: error instanceof Error ? error.message : String(error) };
  }
}
