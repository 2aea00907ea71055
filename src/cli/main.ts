// The entry point of the command line. What the commands are is in program.ts; here the words of
// one run go in and its exit status comes out.

import { expectOutputErrors } from "./output-errors.ts";
import { runProgram } from "./program.ts";

expectOutputErrors();
process.exitCode = await runProgram(process.argv.slice(2));
