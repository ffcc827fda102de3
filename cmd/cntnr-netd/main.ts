import { runProgram } from "../command-line/run-program.ts";
import { program } from "./program.ts";

runProgram(program, process.argv.slice(2)).then((exitCode) => process.exit(exitCode));
