import { join } from "node:path";
import { CntnrError } from "../../errors/cntnr-error.ts";
import type { NamedContext } from "../build-request.ts";
import { openTree, rulesIn, type TreeRequest } from "./open-context.ts";

/**
 * What `--build-context NAME=SOURCE` stands for: a directory, a Git repository or an archive's URL, with a .dockerignore of its own;
 * `docker-image://IMAGE`, or `oci-layout://DIRECTORY[:TAG]`. What is fetched for it goes with the stack. Throws CntnrError.
 */
export async function openNamedContext(
  request: TreeRequest,
  stack: AsyncDisposableStack,
): Promise<NamedContext> {
  const { context } = request;
  const [, scheme, place = ""] = /^(docker-image|oci-layout):\/\/(.+)$/.exec(context) ?? [];
  if (scheme === "docker-image") return { kind: "image", name: place };
  if (scheme === "oci-layout") {
    if (!place.includes("@")) return { kind: "image", name: `oci:${place}` };
    throw new CntnrError("unsupported", `${context}: an image of a layout is named by its tag here`);
  }
  if (context === "-") throw new CntnrError("usage", "a further context cannot be standard input");
  const { path, dockerfile } = await openTree(request, stack);
  if (dockerfile !== undefined)
    throw new CntnrError("build", `${context} is neither a directory nor an archive`);
  return { kind: "context", path, ignore: rulesIn([join(path, ".dockerignore")]) };
}
