import { expect, test } from "bun:test";
import { unlessGone } from "../../../../cmd/cntnr/unless-gone.ts";
import { CntnrError } from "../../../../runtime/errors/cntnr-error.ts";

test("what was removed since it was listed is left out of the list, and keeps nobody from the rest", async () => {
  const sizes = [Promise.resolve(1), Promise.reject(new CntnrError("not-found", "No such container: x"))];
  expect(await Promise.all(sizes.map(unlessGone))).toEqual([1, undefined]);
});

test("what else goes wrong is told", async () => {
  await expect(unlessGone(Promise.reject(new CntnrError("corrupt", "damaged")))).rejects.toThrow("damaged");
});
