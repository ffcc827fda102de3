import { expect, test } from "bun:test";
import { Random } from "../../fixtures/random.ts";
import { fuzz } from "../../fuzz/fuzz.ts";
import { dockerfileTarget } from "../../fuzz/targets/dockerfile.ts";
import { documentsTarget } from "../../fuzz/targets/documents.ts";
import { layerTarget } from "../../fuzz/targets/layer.ts";
import { referenceTarget } from "../../fuzz/targets/reference.ts";

/** Of each target beside the corpus; `npm run test:fuzz -- MINUTES` tries millions. */
const inputs = 2000;

test.each([
  [
    "layers are the same however they are cut, within their root, and written again as they were",
    layerTarget,
  ],
  ["references are names that mean themselves, or refused", referenceTarget],
  ["documents of images are checked, or refused in our own words", documentsTarget],
  ["Dockerfiles are stages, or refused in our own words", dockerfileTarget],
])("whatever bytes come: %s (B7, B8)", async (_, targetOf) => {
  const { tried, outcomes } = await fuzz(targetOf(), {
    random: new Random(1),
    isOver: (tried) => tried >= inputs,
  });
  expect(tried).toBeGreaterThanOrEqual(inputs);
  // It came further than to the first check.
  expect(outcomes.size).toBeGreaterThan(8);
});
