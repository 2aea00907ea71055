// System calls that a cell has no use for, refused by the kernel: a small program in classic BPF,
// as bubblewrap's --seccomp takes it. It lists what is refused, not what is allowed: V8 and libc
// may use another harmless call tomorrow, and a cell must not die of that. execve cannot be
// refused, since Node itself is started after the filter; but a cell sees no other program to
// execute.

/** Numbers by architecture: x64, arm64; -1: it has no such call. */
const REFUSED = {
  accept: [43, 202],
  accept4: [288, 242],
  acct: [163, 89],
  add_key: [248, 217],
  bind: [49, 200],
  bpf: [321, 280],
  chroot: [161, 51],
  connect: [42, 203],
  delete_module: [176, 106],
  execveat: [322, 281],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fork: [57, -1],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  init_module: [175, 105],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  ioperm: [173, -1],
  iopl: [172, -1],
  kcmp: [312, 272],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  listen: [50, 201],
  lookup_dcookie: [212, 18],
  memfd_secret: [447, 447],
  modify_ldt: [154, -1],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  move_pages: [279, 239],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  personality: [135, 92],
  pidfd_getfd: [438, 438],
  pidfd_open: [434, 434],
  pivot_root: [155, 41],
  process_madvise: [440, 440],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  request_key: [249, 218],
  setdomainname: [171, 162],
  sethostname: [170, 161],
  setns: [308, 268],
  socket: [41, 198],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  userfaultfd: [323, 282],
  vfork: [58, -1],
  vmsplice: [278, 75],
} as const satisfies Record<string, readonly [x64: number, arm64: number]>;

const ARCHITECTURES = {
  x64: { column: 0, audit: 0xc000003e, clone: 56 },
  arm64: { column: 1, audit: 0xc00000b7, clone: 220 },
} as const;

/** libc takes its refusal (ENOSYS) as an old kernel's, and uses clone. */
const CLONE3 = 435;
/** Of clone's flags: a thread of this process, not a process. */
const CLONE_THREAD = 0x00010000;
/** From here on, the calls of x86-64's 32-bit sibling: they would go around the numbers above. */
const X32 = 0x40000000;

const EPERM = 1;
const ENOSYS = 38;
const RETURN = { allow: 0x7fff0000, kill: 0x80000000, errno: 0x00050000 } as const;

/** Offsets in what the kernel shows to the program (struct seccomp_data). */
const AT = { number: 0, architecture: 4, firstArgument: 16 } as const;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const answer = (value: number): Instruction => [0x06, 0, 0, value];
/** Goes on behind the next instruction unless the loaded word is this. */
const isEqual = (value: number): Instruction => [0x15, 0, 1, value];
const isAtLeast = (value: number): Instruction => [0x35, 0, 1, value];
const hasBits = (bits: number): Instruction => [0x45, 0, 1, bits];

/** Null: the numbers of this architecture are not known here. */
export function seccompProgram(architecture: string): Buffer | null {
  const known = architecture === "x64" || architecture === "arm64";
  if (!known) return null;
  const { column, audit, clone } = ARCHITECTURES[architecture];
  const program: Instruction[] = [load(AT.architecture), isEqual(audit)];
  // over the end of the process, which is for a call of another architecture
  program.push([0x05, 0, 0, 1], answer(RETURN.kill), load(AT.number));
  if (architecture === "x64") program.push(isAtLeast(X32), answer(RETURN.kill));
  for (const numbers of Object.values(REFUSED)) {
    const number = numbers[column];
    if (number >= 0) program.push(isEqual(number), answer(RETURN.errno | EPERM));
  }
  program.push(isEqual(CLONE3), answer(RETURN.errno | ENOSYS));
  // clone is for threads alone: over four instructions for any other call
  program.push([0x15, 0, 4, clone], load(AT.firstArgument), hasBits(CLONE_THREAD));
  program.push(answer(RETURN.allow), answer(RETURN.errno | EPERM), answer(RETURN.allow));
  return assemble(program);
}

function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, operand], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  });
  return bytes;
}
