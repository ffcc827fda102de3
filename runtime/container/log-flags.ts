import { CntnrError } from "../errors/cntnr-error.ts";
import type { ContainerRecord } from "./container-record.ts";
import { parseSize } from "./size-flag.ts";

/** Docker's and podman's names for what we have: a file of lines with their times. */
const fileDrivers = ["", "json-file", "k8s-file", "local"];
const leastBytes = 4096;

/** `--log-driver` and `--log-opt KEY=VALUE`. Throws CntnrError `usage` or `unsupported`. */
export function parseLogFlags(driver = "", options: readonly string[] = []): ContainerRecord["log"] {
  if (driver !== "none" && !fileDrivers.includes(driver))
    throw new CntnrError(
      "unsupported",
      `--log-driver ${driver}: there are none and ${fileDrivers.slice(1).join(", ")}`,
    );
  let maximumBytes: number | undefined;
  for (const text of options) {
    const [, key = "", value = ""] = /^([^=]+)=(.*)$/.exec(text) ?? [];
    if (key === "max-size" && value !== "-1") maximumBytes = parseSize("--log-opt max-size", value);
    // Docker's others say how its own files are kept; of ours there is one, which begins anew when it is full.
    else if (!["max-file", "compress", "mode", "max-size"].includes(key))
      throw new CntnrError("usage", `--log-opt "${text}": there is max-size=SIZE`);
  }
  if (driver === "none") return { kind: "none" };
  if (maximumBytes !== undefined && maximumBytes < leastBytes)
    throw new CntnrError("usage", `--log-opt max-size: not less than ${leastBytes} bytes`);
  return { kind: "file", ...(maximumBytes === undefined ? {} : { maximumBytes }) };
}
