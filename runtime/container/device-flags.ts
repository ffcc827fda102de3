import { posix } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { DeviceRequest } from "./container-options.ts";
import type { LookAt } from "./host-path.ts";

/** `--device SRC[:DST[:rwm]]`: a device node, or a directory of some. Throws CntnrError `usage`, `not-found` or `unsupported`. */
export function parseDevice(text: string, lookAt: LookAt): DeviceRequest {
  const flag = `--device ${text}`;
  const [source = "", second, third, ...rest] = text.split(":");
  const isAccess = (word: string | undefined) => word !== undefined && /^[rwm]{1,3}$/.test(word);
  const access = third ?? (isAccess(second) ? second : undefined) ?? "rwm";
  const destination = posix.normalize(second === undefined || isAccess(second) ? source : second);
  if (rest.length > 0 || !isAccess(access))
    throw new CntnrError("usage", `${flag}: it is written SRC[:DST[:rwm]]`);
  if (!source.startsWith("/") && source.includes("="))
    throw new CntnrError("unsupported", `${flag}: devices by name (CDI) are not supported; give their paths`);
  if (!source.startsWith("/") || !destination.startsWith("/"))
    throw new CntnrError("usage", `${flag}: paths of devices are absolute`);
  const stats = lookAt(source);
  if (!stats) throw new CntnrError("not-found", `${flag}: ${source} does not exist`);
  if (!stats.isCharacterDevice() && !stats.isBlockDevice() && !stats.isDirectory())
    throw new CntnrError("usage", `${flag}: ${source} is not a device`);
  return { source, destination, access: access.includes("w") ? "read-write" : "read-only" };
}
