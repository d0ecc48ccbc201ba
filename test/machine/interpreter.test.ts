import { expect } from "chai";
import fc from "fast-check";
import type { ExecutionObserver } from "../../src/execution/index.ts";
import type { BufferTree, Recorder } from "../../src/machine/commitments.ts";
import { execute } from "../../src/machine/interpreter.ts";
import { takeDirty } from "../../src/machine/memory.ts";
import { OPCODES } from "../../src/machine/opcodes.ts";
import { Phase } from "../../src/machine/phase.ts";
import { concatBytes, keccak256 } from "../../src/primitives/index.ts";
import { assemble, push } from "./assemble.ts";
import type { CodePart } from "./assemble.ts";
import { machineOf, machineWith, resultOf, runFast, runReference, stackOf, stepInFrame } from "./run-code.ts";
import type { CodeResult } from "./run-code.ts";

const MAX = 2n ** 256n - 1n;
const GAS = 1_000_000;
/** Longer programs are not run step by step. */
const LONG = 1_000;

/** Instructions that neither look at the state nor leave the frame, by the items they take. */
const PLAIN = OPCODES.flatMap((opcode, index) => {
  const isPlain =
    opcode !== undefined &&
    !/^(STOP|BALANCE|EXTCODE.*|BLOCKHASH|SELFBALANCE|[ST]LOAD|[ST]STORE|JUMPI?|CREATE2?|.*CALL|CALLCODE|RETURN|REVERT|INVALID|SELFDESTRUCT|PUSH\d+|M.*|KECCAK256|.*COPY|LOG\d)$/.test(
      opcode.name,
    );
  return isPlain ? [{ index, ...opcode }] : [];
});

const number = fc.oneof(
  fc.bigInt({ min: 0n, max: MAX }),
  fc.tuple(fc.nat(255), fc.bigInt(-1n, 1n)).map(([bit, delta]) => (1n << BigInt(bit)) + delta),
  fc.bigInt({ min: 0n, max: 300n }),
);
/** Mostly small, so that memory is paid for. */
const offset = fc.oneof(
  { weight: 20, arbitrary: fc.bigInt({ min: 0n, max: 500n }) },
  { weight: 1, arbitrary: fc.constantFrom(2n ** 32n - 1n, 2n ** 32n, 2n ** 64n, MAX) },
);

/** Pieces of programs, each of which can stand anywhere. */
const piece = fc.oneof(
  { weight: 4, arbitrary: number.map((value) => push(value)) },
  {
    weight: 10,
    arbitrary: fc
      .tuple(fc.constantFrom(...PLAIN), fc.array(number, { minLength: 3, maxLength: 3 }), fc.boolean())
      .map(([opcode, items, hasItems]) =>
        // Some find on the stack what came before, and may find too little.
        assemble(...(hasItems && opcode.pops <= 3 ? items.slice(0, opcode.pops) : []), Uint8Array.of(opcode.index)),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("MLOAD", "MSTORE", "MSTORE8"), offset, number)
      .map(([name, at, value]) => assemble(...(name === "MLOAD" ? [] : [value]), at, name)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("CALLDATACOPY", "CODECOPY", "MCOPY", "RETURNDATACOPY"), offset, offset, offset)
      .map(([name, length, from, to]) =>
        name === "RETURNDATACOPY" ? assemble(0, 0, to, name) : assemble(length, from, to, name),
      ),
  },
  { weight: 2, arbitrary: fc.tuple(offset, offset).map(([length, at]) => assemble(length, at, "KECCAK256")) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(4), fc.array(number, { minLength: 4, maxLength: 4 }), offset, offset)
      .map(([count, topics, length, at]) => assemble(...topics.slice(0, count), length, at, `LOG${count}`)),
  },
  // Over a byte that is no instruction; PC is that of the instruction itself.
  {
    weight: 2,
    arbitrary: fc
      .boolean()
      .map((isConditional) =>
        isConditional
          ? assemble(1, "PC", 5, "ADD", "JUMPI", "JUMPDEST")
          : assemble("PC", 6, "ADD", "JUMP", "INVALID", "JUMPDEST"),
      ),
  },
);

const program = fc
  .tuple(fc.array(piece, { maxLength: 40 }), fc.constantFrom("STOP", "RETURN", "REVERT", ""))
  .map(([pieces, end]) =>
    concatBytes([
      ...pieces,
      end === "RETURN" || end === "REVERT" ? assemble(100, 7, end) : assemble(...(end === "" ? [] : [end])),
    ]),
  );

/** Any bytes, without the opcodes that look at the state or call. */
const garbage = fc
  .array(
    fc
      .nat(255)
      .filter(
        (opcode) =>
          !/BALANCE|EXTCODE|BLOCKHASH|[ST]LOAD|[ST]STORE|CREATE|CALL$|CALLCODE|SELFDESTRUCT/.test(
            OPCODES[opcode]?.name ?? "",
          ),
      ),
    { maxLength: 60 },
  )
  .map((bytes) => Uint8Array.from(bytes));

async function agree(code: Uint8Array, gas: number, calldata: Uint8Array): Promise<CodeResult> {
  const expected = await runReference(code, { gas, calldata });
  expect(runFast(code, { gas, calldata }), "fast").to.eql(expected);
  if (code.length < LONG) expect(runProving(code, { gas, calldata }), "proving").to.eql(expected);
  return expected;
}

/** Runs step by step and checks that no step changes a word of memory it has not told of, or reads bytes it has not. */
function runProving(code: Uint8Array, options: { readonly gas: number; readonly calldata: Uint8Array }): CodeResult {
  const told: { readonly tree: BufferTree | undefined; readonly first: number; readonly count: number }[] = [];
  const refuse = () => {
    throw new Error("no step of these programs opens anything else");
  };
  const recorder = {
    region: (tree: BufferTree | undefined, first: number, count: number) => {
      expect(count).to.be.greaterThan(0);
      told.push({ tree, first, count });
    },
    overlayAccount: refuse,
    overlaySlot: refuse,
    overlayTransient: refuse,
    code: refuse,
    buffer: refuse,
    mark: refuse,
    restore: refuse,
  } as unknown as Recorder;
  const machine = machineWith(code, { ...options, isProving: true, isStatic: false, recorder });
  const { frame } = machine;
  const { memory } = frame;
  while (machine.phase !== Phase.ExitFrame) {
    told.length = 0;
    memory.tree = { root: new Uint8Array(32) };
    const { tree } = memory;
    const { phase } = machine;
    const before = { bytes: memory.bytes.slice(0, memory.size), pc: frame.pc };
    stepInFrame(machine, 1);
    if (phase === Phase.Execute && before.pc < code.length) expect(told[0]?.first).to.equal(Math.floor(before.pc / 32));
    const dirty = takeDirty(memory);
    const isTold = (word: number) =>
      told.some((region) => region.tree === tree && word >= region.first && word < region.first + region.count);
    for (let word = 0; word < memory.words; word++) {
      const old = Buffer.alloc(32);
      old.set(before.bytes.subarray(32 * word, 32 * word + 32));
      if (old.equals(memory.bytes.subarray(32 * word, 32 * word + 32))) continue;
      expect(isTold(word), `word ${word} is told of`).to.equal(true);
      expect(dirty !== undefined && word >= dirty.first && word < dirty.first + dirty.count, "is dirty").to.equal(true);
    }
  }
  return resultOf(machine);
}

describe("the interpreter gives ethereumjs's stack, memory, gas, output and logs", function () {
  this.timeout(120_000);

  it("for programs made of instructions in working order", async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(program, fc.uint8Array({ maxLength: 100 }), async (code, calldata) => {
        const { status } = await agree(code, GAS, calldata);
        ends.set(status, (ends.get(status) ?? 0) + 1);
      }),
      { numRuns: 1_500 },
    );
    expect(ends.get("success"), "programs that end well").to.be.greaterThan(100);
    expect(ends.get("revert")).to.be.greaterThan(50);
    expect(ends.get("halt")).to.be.greaterThan(50);
  });

  it("for programs that run out of gas", async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.nat(3_000), fc.uint8Array({ maxLength: 100 }), async (code, gas, calldata) => {
        await agree(code, gas, calldata);
      }),
      {
        numRuns: 500,
      },
    );
  });

  it("for any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(garbage, fc.uint8Array({ maxLength: 100 }), async (code, calldata) => {
        await agree(code, GAS, calldata);
      }),
      {
        numRuns: 3_000,
      },
    );
  });

  it("for each opcode on a stack that is empty, full, or has just the room", async () => {
    for (let opcode = 0; opcode < 256; opcode++) {
      const known = OPCODES[opcode];
      if (known !== undefined && !PLAIN.some(({ index }) => index === opcode) && !/PUSH/.test(known.name)) continue;
      for (const height of [0, (known?.pops ?? 0) - 1, known?.pops ?? 0, 1022, 1023, 1024]) {
        if (height < 0) continue;
        const code = concatBytes([
          ...Array.from({ length: height }, (_, index) => push(index % 256)),
          Uint8Array.of(opcode),
        ]);
        await agree(code, GAS, Uint8Array.of(1, 2, 3));
      }
    }
  });
});

describe("a loop of a thousand rounds", () => {
  it("sums what it counts", async () => {
    // sum and counter, from 1,000 down to 1
    const code = assemble(0, 1000, "JUMPDEST DUP1 SWAP2 ADD SWAP1", 1, "SWAP1 SUB DUP1", 4, "JUMPI POP");
    const result = await agree(code, GAS, new Uint8Array());
    expect(result.stack).to.eql([500_500n]);
  });

  it("can be run in parts of any size", () => {
    const code = assemble(0, 1000, "JUMPDEST DUP1 SWAP2 ADD SWAP1", 1, "SWAP1 SUB DUP1", 4, "JUMPI POP");
    for (const limit of [1, 7, 1_000]) {
      const machine = machineOf(code, { gas: GAS });
      while (machine.phase === Phase.Execute) execute(machine, limit);
      expect(stackOf(machine.frame)).to.eql([500_500n]);
    }
  });
});

describe("memory expansion", () => {
  const halts = (...parts: readonly CodePart[]) => runFast(assemble(...parts), { gas: 2 ** 50 }).status === "halt";

  it("costs nothing for a length of 0, wherever the offset is", async () => {
    for (const at of [0n, 2n ** 32n, MAX]) {
      for (const code of [
        assemble(0, at, "KECCAK256"),
        assemble(0, at, "LOG0"),
        assemble(0, 0, at, "CALLDATACOPY"),
        assemble(0, at, 0, "CODECOPY"),
        assemble(0, at, at, "MCOPY"),
        assemble(0, at, "RETURN"),
      ]) {
        const result = await agree(code, GAS, Uint8Array.of(1));
        expect(result.status).to.equal("success");
        expect(result.memory).to.equal("0x");
      }
    }
  });

  it("is out of gas from 2^32 on, whatever gas there is", () => {
    for (const at of [2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, MAX]) {
      expect(halts(at, "MLOAD"), `MLOAD ${at}`).to.equal(true);
      expect(halts(1, at, "MSTORE")).to.equal(true);
      expect(halts(2, at, "KECCAK256")).to.equal(true);
      expect(halts(at, 2, "KECCAK256")).to.equal(true);
      expect(halts(2, at, "LOG0")).to.equal(true);
      expect(halts(2, 0, at, "CALLDATACOPY")).to.equal(true);
      expect(halts(at, 0, 2, "CODECOPY")).to.equal(true);
      expect(halts(2, at, 0, "MCOPY")).to.equal(true);
      expect(halts(2, 0, at, "MCOPY")).to.equal(true);
      expect(halts(2, at, "REVERT")).to.equal(true);
    }
    expect(halts(1, 2n ** 32n, "MSTORE8")).to.equal(true);
  });

  it("takes offsets of copied data beyond 2^32 for zeros", async () => {
    for (const from of [2n ** 32n, MAX]) {
      const result = await agree(
        assemble(MAX, 0, "MSTORE", 5, from, 3, "CALLDATACOPY"),
        GAS,
        new Uint8Array(20).fill(7),
      );
      expect(result.memory).to.equal(`0xffffff0000000000${"ff".repeat(24)}`);
    }
  });
});

describe("RETURNDATACOPY", () => {
  const run = (length: bigint, from: bigint) =>
    runFast(assemble(length, from, 0, "RETURNDATACOPY"), { gas: GAS, returndata: Uint8Array.of(1, 2, 3, 4) });

  it("copies what there is", () => {
    expect(run(3n, 1n).memory).to.equal(`0x020304${"00".repeat(29)}`);
  });
  it("halts beyond the end of the data, also for no bytes", () => {
    for (const [length, from] of [
      [4n, 1n],
      [0n, 5n],
      [1n, 2n ** 32n],
      [0n, 2n ** 32n],
      [0n, MAX],
      [MAX, 1n],
      [2n ** 32n, 0n],
    ] as const) {
      expect(run(length, from).status, `${length} from ${from}`).to.equal("halt");
    }
    expect(run(0n, 4n).status).to.equal("success");
  });
});

describe("a static frame", () => {
  it("halts at a log, whatever else is wrong with it", () => {
    for (const topics of [0, 1, 2, 3, 4]) {
      const code = assemble(...new Array<number>(topics + 2).fill(0), `LOG${topics}`);
      const machine = machineWith(code, { gas: GAS, isProving: false, isStatic: true, recorder: undefined });
      execute(machine, Infinity);
      expect(machine.pending).to.include({ kind: "exit", status: 0, reason: "write protection" });
    }
  });
});

describe("bulk work in a proving machine", function () {
  this.timeout(60_000);
  const gas = 2 ** 24;
  /** The phases a program goes through, each run of the same one once with its length, without Execute. */
  const phasesOf = (code: Uint8Array, calldata = new Uint8Array()) => {
    const recorder = { region: () => undefined } as unknown as Recorder;
    const machine = machineWith(code, { gas, calldata, isProving: true, isStatic: false, recorder });
    const phases: [phase: number, steps: number][] = [];
    while (machine.phase !== Phase.ExitFrame) {
      if (machine.phase !== Phase.Execute) {
        const last = phases.at(-1);
        if (last?.[0] === machine.phase) last[1]++;
        else phases.push([machine.phase, 1]);
      }
      stepInFrame(machine, 1);
    }
    return { phases, result: resultOf(machine) };
  };

  it("hashes up to 65,536 bytes at once and 8,704 a step beyond, the padding in the last", () => {
    for (const [length, steps] of [
      [65_536, 0],
      [65_537, 8],
      [8 * 8_704, 9],
      [8 * 8_704 - 1, 8],
      [100_000, 12],
    ] as const) {
      const { phases, result } = phasesOf(assemble(MAX, 70, "MSTORE", length, 1, "KECCAK256"));
      const data = new Uint8Array(length).fill(0xff, 69, 101);
      expect(result.stack, `${length} bytes`).to.eql([BigInt(keccak256(data))]);
      expect(phases).to.eql(
        steps === 0
          ? []
          : [
              [Phase.Absorb, steps],
              [Phase.FinishKeccak, 1],
            ],
      );
    }
  });

  it("logs long data when it is hashed", () => {
    const { phases, result } = phasesOf(assemble(MAX, 70, "MSTORE", 7, 8, 65_537, 1, "LOG2"));
    expect(phases).to.eql([
      [Phase.Absorb, 8],
      [Phase.FinishLog, 1],
    ]);
    expect(result.logs).to.have.length(1);
    expect(result.logs[0]?.topics.map(BigInt)).to.eql([8n, 7n]);
    expect(result.logs[0]?.data).to.eql(new Uint8Array(65_537).fill(0xff, 69, 101));
  });

  it("copies 32,768 bytes a step, of overlapping memory as it was at the begin", async () => {
    const calldata = Uint8Array.from({ length: 100_000 }, (_, index) => (index * index) >> 5);
    for (const [from, to] of [
      [0, 1_000],
      [1_000, 0],
      [0, 0],
      [5, 90_000],
    ] as const) {
      const code = assemble(100_000, 0, 0, "CALLDATACOPY", 100_000, from, to, "MCOPY");
      const { phases, result } = phasesOf(code, calldata);
      expect(phases, `${from} to ${to}`).to.eql([[Phase.Copy, 8]]);
      expect(result).to.eql(await runReference(code, { gas, calldata }));
    }
  });
});

describe("an observer", () => {
  type Step = Parameters<NonNullable<ExecutionObserver["onStep"]>>[0];
  const observe = (code: Uint8Array) => {
    const machine = machineOf(code, { gas: GAS, calldata: Uint8Array.of(1, 2, 3) });
    const steps: (Step & { readonly copy: string })[] = [];
    execute(machine, Infinity, {
      onStep: (step) => steps.push({ ...step, copy: Buffer.from(step.memory).toString("hex") }),
    });
    return { steps, result: resultOf(machine) };
  };

  it("sees every instruction as it stands before it, with the gas it takes", () => {
    const { steps, result } = observe(assemble(5, 0, "MSTORE", 7, 0, "MSTORE", 3, 0, 30, "CALLDATACOPY", 0, "MLOAD"));
    expect(steps.map(({ opcodeName, gasCost }) => `${opcodeName} ${gasCost}`)).to.eql([
      "PUSH1 3",
      "PUSH0 2",
      "MSTORE 6",
      "PUSH1 3",
      "PUSH0 2",
      "MSTORE 3",
      "PUSH1 3",
      "PUSH0 2",
      "PUSH1 3",
      "CALLDATACOPY 9",
      "PUSH0 2",
      "MLOAD 3",
      "STOP 0",
    ]);
    const zeros = "00".repeat(31);
    expect(steps[2]).to.include({ copy: "", pc: 3, depth: 0, gas: BigInt(GAS - 5) });
    expect(steps[2]?.stack).to.eql([5n, 0n]);
    expect(steps[5]?.copy).to.equal(`${zeros}05`);
    expect(steps[9]?.copy).to.equal(`${zeros}07`);
    expect(steps[10]?.copy).to.equal(`${"00".repeat(30)}0102${"03"}${zeros}`);
    expect(result).to.eql(
      runFast(assemble(5, 0, "MSTORE", 7, 0, "MSTORE", 3, 0, 30, "CALLDATACOPY", 0, "MLOAD"), {
        gas: GAS,
        calldata: Uint8Array.of(1, 2, 3),
      }),
    );
  });

  it("changes nothing", () => {
    fc.assert(
      fc.property(program, (code) => {
        const { result } = observe(code);
        expect(result).to.eql(runFast(code, { gas: GAS, calldata: Uint8Array.of(1, 2, 3) }));
      }),
      { numRuns: 300 },
    );
  });
});
