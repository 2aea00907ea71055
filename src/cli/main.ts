// The entry point of the command line. What the commands are is in program.ts; here the words of
// one run go in and its exit status comes out.

import { useUtc } from "../base/utc.ts";
import { expectOutputErrors } from "./output-errors.ts";
import { runProgram } from "./program.ts";

useUtc();
expectOutputErrors();
process.exitCode = await runProgram(process.argv.slice(2));
