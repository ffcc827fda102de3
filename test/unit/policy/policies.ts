import { type AttachmentRequest, plainRequest } from "../../../policy/decision/request.ts";
import { compilePolicy } from "../../../policy/grammar/compile.ts";
import { PolicyError } from "../../../policy/grammar/problem.ts";
import type { ResolveNames } from "../../../policy/grammar/subject.ts";
import type { Policy } from "../../../policy/policy.ts";

/** The accounts of all policies in these tests. */
export const accounts = {
  passwd: new Map([
    ["alice", [1000]],
    ["bob", [1001]],
    ["john.doe", [1002]],
    ["twin", [1003, 1004]],
    ["nobody", [65534]],
  ]),
  group: new Map([
    ["devs", [2000]],
    ["web", [2001]],
  ]),
};

export const alice = { uid: 1000, gids: [1000] };
export const aliceOfDevs = { uid: 1000, gids: [1000, 2000] };
export const bob = { uid: 1001, gids: [1001] };

export const resolveNames: ResolveNames = async (database, names) =>
  new Map([...accounts[database]].filter(([name]) => names.includes(name)));

export function compile(text: string, file = "a.conf"): Promise<Policy> {
  return compilePolicy([{ file, bytes: Buffer.from(text) }], resolveNames);
}

/** A policy with the network `lab`, whose section may have more lines, and these further sections. */
export function labPolicy(rules: string, network = ""): Promise<Policy> {
  return compile(`[network lab]\nconflist = lab.conflist\n${network}\n${rules}`);
}

/** The lines of the error for a policy that is refused. */
export async function problemsOf(text: string | Buffer): Promise<string[]> {
  try {
    await compilePolicy([{ file: "a.conf", bytes: Buffer.from(text) }], resolveNames);
  } catch (error) {
    if (error instanceof PolicyError) return error.message.split("\n");
    throw error;
  }
  return [];
}

export function request(changes: Partial<AttachmentRequest> = {}): AttachmentRequest {
  return { ...plainRequest, network: "lab", ...changes };
}
