import { type AttachmentRequest, plainRequest } from "../../policy/decision/request.ts";
import { explain } from "../../policy/tools/explain.ts";
import { parsePortRequest } from "../../policy/tools/request-text.ts";
import { print } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { UsageError } from "../command-line/usage-error.ts";
import type { CommandContext } from "./command.ts";
import { policyOf, required, userOf } from "./policy-arguments.ts";

/** `cntnr-netd policy explain`: 0 when the request would be allowed, 1 when not. */
export async function policyExplain({ args }: CommandContext): Promise<number> {
  const request = requestOf(args);
  const { name, subject } = await userOf(args);
  const { isAllowed, findings, lines } = explain(await policyOf(args), name, subject, request);
  print(args.has("json") ? `${JSON.stringify({ isAllowed, findings })}\n` : `${lines.join("\n")}\n`);
  return isAllowed ? 0 : 1;
}

function requestOf(args: ParsedArguments): AttachmentRequest {
  const [used, portsUsed] = ["used", "ports-used"].map((flag) => {
    const text = args.value(flag) ?? "0";
    if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--${flag} ${text}: write a number`);
    return Number(text);
  });
  const ports = args.values("port").map((text) => {
    const port = parsePortRequest(text);
    if (!port) throw new UsageError(`--port ${text}: write [IP:]PORT[:CONTAINERPORT][/PROTOCOL]`);
    return port;
  });
  return {
    ...plainRequest,
    network: required(args, "network"),
    ports,
    staticIps: args.values("ip"),
    mac: args.value("mac"),
    names: args.has("names"),
    namespaceDepth: plainRequest.namespaceDepth + (args.has("nested") ? 1 : 0),
    attachmentsUsed: used ?? 0,
    portsUsed: portsUsed ?? 0,
  };
}
