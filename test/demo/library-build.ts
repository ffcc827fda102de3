import { CntnrError, openEngine } from "cntnr";

// bun library-build.ts DIRECTORY: builds what its Dockerfile says, keeps a bundle of it, and runs that.
const engine = openEngine({ onRemark: (text) => console.log(`remark: ${text}`) });
const [context = "."] = process.argv.slice(2);
const name = "local/library-build";

const image = await engine.images.build(
  { kind: "dockerfile", context, names: [name], labels: { from: "a program" } },
  { onProgress: (step) => step.kind === "ended" && console.log(`step ${step.step}: ${step.how}`) },
);
const { record, outcome } = await engine.bundles.create({ bundle: "demo", image: name, ifThere: "update" });
console.log(
  `bundle ${record.name}: ${outcome}, of ${image.id === record.imageId ? "this" : "another"} image`,
);

const { stdout } = await engine.bundles.run("demo");
process.stdout.write(stdout);
await engine.bundles.remove("demo");
await engine.images.remove(name);
await engine.bundles.inspect("demo").catch((error) => {
  if (!(error instanceof CntnrError)) throw error;
  console.log(`${error.code}: ${error.message}`);
});
