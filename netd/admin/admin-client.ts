import { request } from "node:http";
import { join } from "node:path";
import { messageOf } from "../errors.ts";

/** Nobody answers at the administrator's socket. */
export class NotRunning extends Error {
  override readonly name = "NotRunning";
}

export interface AdminReply {
  readonly status: number;
  readonly text: string;
}

/** Longer than the service itself takes for anything. */
const timeoutMs = 60_000;

/** The socket in the service's run directory. */
export function adminSocketOf(runDir: string): string {
  return join(runDir, "admin.sock");
}

/** Asks the running service. Throws NotRunning, and an Error when the answer is cut off. */
export function askService(socketPath: string, method: string, path: string): Promise<AdminReply> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    call.on("timeout", () => call.destroy(new Error("cntnr-netd does not answer")));
    call.on("error", (error) => reject(explain(error, socketPath)));
    call.end();
  });
}

function explain(error: Error, socketPath: string): Error {
  const code = "code" in error ? String(error.code) : "";
  if (["ENOENT", "ECONNREFUSED", "FailedToOpenSocket", "ConnectionRefused"].includes(code))
    return new NotRunning(`cntnr-netd does not run here: nobody answers at ${socketPath}`, { cause: error });
  if (code === "EACCES" || code === "EPERM")
    return new Error(`${socketPath}: only root may ask`, { cause: error });
  return new Error(`${socketPath}: ${messageOf(error)}`, { cause: error });
}
