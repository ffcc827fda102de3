// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import type { ContextFiles } from "../../fixtures/build-context.ts";

export interface CompareCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly files?: ContextFiles;
  readonly args?: readonly string[];
  /** Where buildah 1.28 does otherwise than BuildKit's reference says; paths or settings that are not compared. */
  readonly differs?: { readonly why: string; readonly paths?: RegExp; readonly settings?: readonly string[] };
}

const tree = {
  "dir/a.txt": "a",
  "dir/b.sh": { text: "#!/bin/sh\n", mode: 0o755 },
  "dir/sub/c.txt": "c",
  "dir/link": { link: "a.txt" },
  "top.txt": "top",
  "top.md": "top",
} as const;

/** BASE is an image of busybox with /etc/passwd, /etc/group, /www. */
export const compareCases: readonly CompareCase[] = [
  {
    name: "WORKDIR behind USER",
    dockerfile: "FROM BASE\nUSER user\nWORKDIR /home/w\nCOPY top.txt x/",
    files: tree,
  },
  {
    name: "RUN in shell form",
    dockerfile: "FROM BASE\nRUN echo hello >/hello && mkdir -p /x/y && chmod 700 /x",
  },
  {
    name: "RUN in exec form",
    dockerfile: 'FROM BASE\nRUN ["touch", "/a b"]\nRUN ["/bin/sh", "-c", "echo $HOME >/home-of"]',
  },
  {
    name: "deleted, replaced and moved files of the base",
    dockerfile:
      "FROM BASE\nRUN rm -r /www && rm /etc/group && mkdir /www && echo new >/www/new && mv /etc/passwd /passwd && ln -s /passwd /etc/passwd",
  },
  {
    name: "links, hard links and fifos",
    dockerfile: "FROM BASE\nRUN echo 1 >/a && ln /a /b && ln -s a /c && mkfifo /d",
  },
  {
    name: "ENV in both forms, and its use",
    dockerfile:
      'FROM BASE\nENV A=1 B="two words" C=three\\ words\nENV D four and more\nENV E=${A}x${B:-no} F=${NONE:-default} G=${A:+set}\nRUN echo "$E|$F|$G|$D" >/out\nWORKDIR /$C\nCOPY top.txt $A/',
    files: tree,
  },
  {
    name: "ARG, defaults and values, global and in stages",
    dockerfile:
      "ARG TAG=1\nARG NAME=none\nFROM BASE\nARG NAME\nARG OTHER=other\nARG EMPTY\nARG VALUE=default\nENV N=$NAME O=${OTHER} V=$VALUE\nRUN echo $NAME-$OTHER-$VALUE >/args",
    args: ["--build-arg", "VALUE=given", "--build-arg", "NAME=named"],
  },
  {
    name: "ENV goes before ARG of the same name",
    dockerfile: "FROM BASE\nARG X=arg\nENV X=env\nRUN echo $X >/x",
  },
  {
    name: "settings",
    dockerfile:
      'FROM BASE\nLABEL a=b "c d"="e f" multi="x \\\ny"\nEXPOSE 80 53/udp\nVOLUME /data ["/x"]\nVOLUME ["/json one", "/two"]\nSTOPSIGNAL SIGINT\nMAINTAINER Somebody <a@b>\nUSER user:extra\nENTRYPOINT ["/bin/echo", "hi"]\nCMD ["a", "b"]',
    differs: { why: "buildah makes volumes' directories", paths: /^(?:data|json one|two|\[.*)$/ },
  },
  {
    name: "shell forms of CMD and ENTRYPOINT",
    dockerfile: "FROM BASE\nENTRYPOINT exec top -b\nCMD echo $HOME",
  },
  { name: "CMD of the base goes when ENTRYPOINT is set", dockerfile: 'FROM BASE\nENTRYPOINT ["/bin/true"]' },
  {
    name: "HEALTHCHECK",
    dockerfile:
      "FROM BASE\nHEALTHCHECK --interval=5m --timeout=3s --retries=2 CMD wget -q localhost || exit 1",
  },
  { name: "HEALTHCHECK NONE", dockerfile: "FROM BASE\nHEALTHCHECK NONE" },
  {
    name: "SHELL",
    dockerfile: 'FROM BASE\nSHELL ["/bin/sh", "-e", "-c"]\nRUN echo x >/x\nCMD echo y',
    differs: { why: "buildah leaves -e out of CMD", settings: ["Cmd"] },
  },
  {
    name: "WORKDIR, absolute and relative",
    dockerfile: "FROM BASE\nWORKDIR /a\nWORKDIR b\nWORKDIR ../c\nRUN pwd >where",
  },
  {
    name: "USER of commands",
    dockerfile:
      "FROM BASE\nUSER user\nRUN id -u >/tmp/uid && id -g >/tmp/gid\nUSER 1234:4321\nRUN id -u >/tmp/number",
  },
  {
    name: "COPY of a file, to a file and into directories",
    dockerfile:
      "FROM BASE\nCOPY top.txt /one\nCOPY top.txt /dir/\nCOPY top.txt top.md /several/\nCOPY top.txt /www",
    files: tree,
  },
  {
    name: "COPY of directories",
    dockerfile: "FROM BASE\nCOPY dir /into/\nCOPY dir /as\nCOPY dir/ /www/\nCOPY . /all/",
    files: tree,
  },
  {
    name: "COPY with patterns",
    dockerfile: "FROM BASE\nCOPY top.* /p/\nCOPY dir/[ab].* /q/\nCOPY di? /r/",
    files: tree,
  },
  {
    name: "COPY in JSON form, names with spaces",
    dockerfile: 'FROM BASE\nCOPY ["a b", "/c d/"]',
    files: { "a b": "x" },
  },
  {
    name: "COPY --chown by number and by name",
    dockerfile:
      "FROM BASE\nCOPY --chown=12:34 top.txt /n\nCOPY --chown=user dir /u/\nCOPY --chown=user:extra top.txt /g\nCOPY --chown=77 top.txt /m",
    files: tree,
  },
  {
    name: "COPY --chmod",
    dockerfile: "FROM BASE\nCOPY --chmod=600 top.txt /f\nCOPY --chmod=0750 top.md /g",
    files: tree,
  },
  {
    name: "COPY through links of the image",
    dockerfile:
      "FROM BASE\nRUN mkdir /real && ln -s /real /link && ln -s real/x /file-link && touch /real/x\nCOPY top.txt /link/\nCOPY dir /link/sub/",
    files: tree,
  },
  { name: "COPY of a link's target", dockerfile: "FROM BASE\nCOPY dir/link /copied", files: tree },
  {
    name: "COPY over what is there",
    dockerfile: "FROM BASE\nRUN mkdir -p /x/sub && echo old >/x/a.txt && chmod 700 /x/sub\nCOPY dir /x/",
    files: tree,
  },
  {
    name: ".dockerignore",
    dockerfile: "FROM BASE\nCOPY . /ctx/",
    files: {
      ...tree,
      ".dockerignore": "*.md\n!top.md\ndir/sub\n**/b.*\n# comment\n.dockerignore\nDockerfile",
    },
  },
  {
    name: ".dockerignore with exceptions",
    dockerfile: "FROM BASE\nCOPY . /ctx/",
    files: { ...tree, ".dockerignore": "*\n!dir/sub\n!top.*\ntop.md" },
  },
  {
    name: "stages: files and settings",
    dockerfile:
      "FROM BASE AS build\nENV IN=stage\nRUN echo built >/built && mkdir /d && echo 1 >/d/1 && chown -R user:user /d && chmod 4755 /built\nFROM BASE AS unused\nRUN false\nFROM build AS next\nRUN echo $IN >/in\nFROM BASE\nCOPY --from=build /built /bin/built\nCOPY --from=next /in /in\nCOPY --from=0 /d /d/",
  },
  {
    name: "a target in the middle",
    dockerfile: "FROM BASE AS one\nRUN echo 1 >/1\nFROM one AS two\nRUN echo 2 >/2\nFROM two\nRUN false",
    args: ["--target", "two"],
  },
  {
    name: "FROM scratch",
    dockerfile: 'FROM scratch\nCOPY top.txt /etc/top\nCOPY dir /\nCMD ["/x"]',
    files: tree,
  },
  {
    name: "COPY --from an image",
    dockerfile: "FROM scratch\nCOPY --from=BASE /etc/passwd /etc/\nCOPY --from=BASE /www /www",
  },
  {
    name: "ADD of local archives",
    dockerfile:
      "FROM BASE\nADD a.tar /t/\nADD b.tgz /g\nADD c.tar.bz2 /b/\nADD d.tar.xz /x/\nADD top.txt /plain/\nADD not.tar.gz /n/",
    files: {
      ...tree,
      "a.tar": { archive: { "in/a": "a" }, flag: "" },
      "b.tgz": { archive: { "in/b": "b", "www/c": "c" }, flag: "z" },
      "c.tar.bz2": { archive: { c: "c" }, flag: "j" },
      "d.tar.xz": { archive: { d: "d" }, flag: "J" },
      "not.tar.gz": "no archive",
    },
  },
  {
    name: "ADD is like COPY otherwise",
    dockerfile: "FROM BASE\nADD dir /d/\nADD --chown=5:6 top.* /e/",
    files: tree,
  },
  {
    name: "escape directive and continued lines",
    dockerfile: "# escape=`\nFROM BASE\nRUN echo a `\n  # comment\n\n  b >/out && `\n  echo c\\d >>/out",
  },
  {
    name: "comments, cases and blanks",
    dockerfile:
      "# syntax=docker/dockerfile:1\n\n  # indented\nfrom BASE\n  run echo '# no comment' >/x\nCopy top.txt /y",
    files: tree,
  },
  {
    name: "mounts of RUN",
    dockerfile:
      "FROM BASE AS src\nRUN mkdir /s && echo s >/s/f\nFROM BASE\nRUN --mount=type=bind,source=dir,target=/mnt/ctx --mount=type=bind,from=src,source=/s,target=/mnt/src --mount=type=tmpfs,target=/mnt/tmp --mount=type=cache,target=/mnt/cache cp /mnt/ctx/a.txt /mnt/src/f / && touch /mnt/tmp/x /mnt/cache/x",
    files: tree,
    differs: { why: "buildah leaves mount points behind", paths: /^mnt(?:\/|$)/ },
  },
  {
    name: "a RUN that changes nothing",
    dockerfile: "FROM BASE\nRUN true",
  },
  {
    name: "ONBUILD in the image",
    dockerfile: "FROM BASE\nONBUILD RUN echo later >/later\nONBUILD COPY top.txt /x",
  },
  {
    name: "modes of the base's directories",
    dockerfile:
      "FROM BASE\nRUN echo x >/tmp/x && chmod 1777 /var && mkdir -m 2775 /shared && touch /shared/f",
  },
];
