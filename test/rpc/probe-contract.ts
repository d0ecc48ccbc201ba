import { createRequire } from "node:module";
import type { Hex } from "../../src/primitives/index.ts";

const SOURCE = `
pragma solidity ^0.8.0;

contract Child {
    uint256 public immutable seed;
    constructor(uint256 seed_) payable { seed = seed_; }
}

/// Does one of everything that an RPC answer can show.
contract Probe {
    error Custom(uint256 value);
    event Stored(address indexed by, uint256 indexed slot, uint256 value);
    event Created(address child);

    mapping(uint256 slot => uint256 value) public values;
    uint256 public total;

    constructor(uint256 first) { values[0] = first; }

    function store(uint256 slot, uint256 value) external {
        total += value;
        values[slot] = value;
        emit Stored(msg.sender, slot, value);
    }

    function storeMany(uint256 count) external {
        for (uint256 i = 0; i < count; i++) { values[i] = i + 1; emit Stored(msg.sender, i, i + 1); }
    }

    function clear(uint256 slot) external { values[slot] = 0; }
    function failWithReason() external pure { require(false, "no luck"); }
    function failWithCustom(uint256 value) external pure { revert Custom(value); }
    function failWithPanic(uint256 divisor) external pure returns (uint256) { return 1 / divisor; }
    function spin() external view { while (gasleft() > 5000) {} assembly { invalid() } }

    function create(uint256 seed, bytes32 salt) external payable returns (address child) {
        child = address(new Child{salt: salt, value: msg.value}(seed));
        emit Created(child);
    }

    /// Stores here and calls itself for a call that fails, which is survived.
    function nested(uint256 value) external returns (bool ok) {
        values[7] = value;
        (ok, ) = address(this).call(abi.encodeCall(this.failWithCustom, (value)));
        emit Stored(msg.sender, 7, value);
    }

    function environment() external view returns (uint256 number, uint256 timestamp, uint256 baseFee, uint256 gasPrice, address coinbase) {
        return (block.number, block.timestamp, block.basefee, tx.gasprice, block.coinbase);
    }

    /// Needs more gas than it uses: the inner call must be left enough by the 63/64 rule.
    function needsSpareGas() external returns (bytes memory) {
        uint256 before = gasleft();
        (bool ok, bytes memory result) = address(this).call{gas: 500000}(abi.encodeCall(this.sink, ()));
        require(ok && before > 600000, "too little gas");
        return result;
    }
    function sink() external returns (uint256) { return ++total; }

    receive() external payable {}
}`;

export interface Compiled {
  readonly abi: readonly never[];
  readonly bytecode: Hex;
}

/** The probe compiled from its source above by the project's compiler. */
export function compileProbe(): Compiled {
  const solc = createRequire(import.meta.url)("solc") as { compile(input: string): string };
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: "Solidity",
        sources: { "Probe.sol": { content: SOURCE } },
        settings: {
          evmVersion: "osaka",
          optimizer: { enabled: true },
          outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
        },
      }),
    ),
  ) as {
    readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
    readonly contracts: Record<
      string,
      Record<
        string,
        { readonly abi: readonly never[]; readonly evm: { readonly bytecode: { readonly object: string } } }
      >
    >;
  };
  const failure = output.errors?.find(({ severity }) => severity === "error");
  if (failure !== undefined) throw new Error(failure.formattedMessage);
  const probe = output.contracts["Probe.sol"]?.["Probe"];
  if (probe === undefined) throw new Error("the compiler gave no Probe");
  return { abi: probe.abi, bytecode: `0x${probe.evm.bytecode.object}` };
}
