import { runProgram } from "../command-line/run-program.ts";
import { program } from "./program.ts";

// Started by something that has none, as init scripts are; what we start looks in it, too.
process.env.PATH ||= "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

runProgram(program, process.argv.slice(2)).then((exitCode) => process.exit(exitCode));
