import { makeContext } from "../fixtures/build-context.ts";
import { type Bench, commandsOf, type Scenario } from "./scenario.ts";

const files = 400;
const bytesPerFile = 4096;

/** A context of some hundred files, and a Dockerfile of two stages: what a small program's is like. */
async function contextFor({ host, user, small }: Bench): Promise<string> {
  const sources = Array.from({ length: files }, (_, index) => [
    `src/${index % 20}/file-${index}.c`,
    `${index}`.padEnd(bytesPerFile, "x"),
  ]);
  return makeContext(host, user, {
    ...Object.fromEntries(sources),
    Dockerfile: `FROM ${small.replace("docker://", "")} AS build
WORKDIR /src
COPY src .
RUN find . -name '*.c' -exec cat {} + >/all
RUN mkdir /out && sha256sum /all >/out/sum && cp /all /out/program && chmod 755 /out/program
FROM ${small.replace("docker://", "")}
COPY --from=build /out /app
RUN mkdir -p /data && echo configured >/etc/configured
ENV MODE=production
WORKDIR /app
CMD ["/app/program"]
`,
  });
}

/** Nothing of an earlier build is used; the base images are there. */
export async function buildCold(bench: Bench): Promise<Scenario> {
  const context = await contextFor(bench);
  await bench.shell(`buildah pull -q ${bench.small.replace("docker://", "")}`);
  return {
    id: "build-cold",
    title: `build of two stages, ${files} files, four commands; cold`,
    time: commandsOf(bench, [
      { name: "cntnr build", command: `cntnr build -q --no-cache -t cold ${context}` },
      // Each image that it makes slows it down.
      { name: "buildah bud", command: `buildah bud -q -t cold ${context}`, after: "buildah rmi -f cold" },
      {
        name: "buildah bud --layers",
        command: `buildah bud -q --layers --no-cache -t layers ${context}`,
        after: "buildah rmi -f layers && buildah rmi --prune -f",
      },
    ]),
    // Only with --layers it keeps steps for the next build, as we do; without, it packs one layer a stage.
    bounds: [
      { peer: "buildah bud", atMost: 0.5 },
      { peer: "buildah bud --layers", atMost: 0.5 },
    ],
    isPull: true,
  };
}

/** Everything was built before. */
export async function buildCached(bench: Bench): Promise<Scenario> {
  const context = await contextFor(bench);
  await bench.shell(`buildah pull -q ${bench.small.replace("docker://", "")}`);
  return {
    id: "build-cached",
    title: `build of two stages, ${files} files, four commands; all of it cached`,
    time: commandsOf(bench, [
      { name: "cntnr build", command: `cntnr build -q -t cached ${context}` },
      { name: "buildah bud --layers", command: `buildah bud -q --layers -t cached ${context}` },
    ]),
    bounds: [{ peer: "buildah bud --layers", atMost: 0.25 }],
    isPull: false,
  };
}
