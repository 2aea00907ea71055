// The filter of system calls, run here as the kernel runs it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { seccompProgram } from "../../../src/fleet/children/seccomp.ts";

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
const X64 = 0xc000003e;
const ARM64 = 0xc00000b7;

interface SystemCall {
  readonly architecture: number;
  readonly number: number;
  readonly firstArgument?: number;
}

/** Runs a program of classic BPF, of the few instructions that ours has. */
function run(program: Buffer, { architecture, number, firstArgument = 0 }: SystemCall): number {
  const data = new Map([
    [0, number],
    [4, architecture],
    [16, firstArgument],
  ]);
  let loaded = 0;
  for (let at = 0; at * 8 < program.length; at++) {
    const code = program.readUInt16LE(at * 8);
    const jumps = [program.readUInt8(at * 8 + 3), program.readUInt8(at * 8 + 2)];
    const operand = program.readUInt32LE(at * 8 + 4);
    const jump = (holds: boolean): void => {
      at += jumps[Number(holds)] ?? 0;
    };
    if (code === 0x06) return operand;
    if (code === 0x20) loaded = data.get(operand) ?? assert.fail(`a load from ${operand}`);
    else if (code === 0x05) at += operand;
    else if (code === 0x15) jump(loaded === operand);
    else if (code === 0x35) jump(loaded >= operand);
    else if (code === 0x45) jump((loaded & operand) !== 0);
    else assert.fail(`an instruction ${code}`);
  }
  return assert.fail("it ran off its end");
}

const filter = (architecture: string): Buffer =>
  seccompProgram(architecture) ?? assert.fail(architecture);

const MACHINES = [
  {
    name: "x64",
    architecture: X64,
    // read, write, mmap, execve, exit_group, epoll_wait, futex, sendmsg, getrandom
    harmless: [0, 1, 9, 59, 231, 232, 202, 46, 318],
    // socket, connect, ptrace, mount, bpf, keyctl, io_uring_setup, fork, vfork, unshare
    harmful: [41, 42, 101, 165, 321, 250, 425, 57, 58, 272],
    clone: 56,
  },
  {
    name: "arm64",
    architecture: ARM64,
    harmless: [63, 64, 222, 221, 94, 22, 98, 211, 278],
    harmful: [198, 203, 117, 40, 280, 219, 425, 97],
    clone: 220,
  },
] as const;

for (const { name, architecture, harmless, harmful, clone } of MACHINES) {
  test(`${name}: harmful system calls are refused, and what Node needs is not`, () => {
    const program = filter(name);
    for (const number of harmless)
      assert.equal(run(program, { architecture, number }), ALLOW, `${number}`);
    for (const number of harmful)
      assert.equal(run(program, { architecture, number }), EPERM, `${number}`);
    assert.equal(run(program, { architecture, number: 435 }), ENOSYS);
  });

  test(`${name}: clone makes threads and no processes`, () => {
    const program = filter(name);
    const call = { architecture, number: clone };
    assert.equal(run(program, { ...call, firstArgument: 0x3d0f00 }), ALLOW);
    assert.equal(run(program, { ...call, firstArgument: 0x11 }), EPERM);
  });

  test(`${name}: the calls of another architecture end the process`, () => {
    const program = filter(name);
    const other = architecture === X64 ? 0x40000003 : X64;
    assert.equal(run(program, { architecture: other, number: 0 }), KILL);
  });
}

test("x64: the calls of the 32-bit ABI end the process", () => {
  assert.equal(run(filter("x64"), { architecture: X64, number: 0x40000000 + 41 }), KILL);
});

test("of an architecture that is not known there is no filter", () => {
  assert.equal(seccompProgram("riscv64"), null);
});
