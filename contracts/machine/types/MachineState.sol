// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase} from "./Phase.sol";

/// @notice A range of bytes of a buffer (docs/machine.md §2). Bytes at or beyond `length` read as 0.
/// @param root Root of the buffer.
/// @param offset First byte.
/// @param length Bytes; the slice of no bytes has the root of the empty buffer and offset 0.
struct Slice {
    bytes32 root;
    uint256 offset;
    uint256 length;
}

/// @notice What a revert restores (docs/machine.md §1).
/// @param overlayRoot Root of the overlay.
/// @param keyChain Hash chain over the keys of the overlay, in the order of their insertion.
/// @param logsHash Hash chain over the logs (specification §4).
/// @param bloomHash keccak256 of the 256 bytes of the logs bloom.
/// @param refund Gas.
struct Journal {
    bytes32 overlayRoot;
    bytes32 keyChain;
    bytes32 logsHash;
    bytes32 bloomHash;
    uint256 refund;
}

/// @notice The machine (docs/machine.md §1); its hash is the state of a trace.
struct Machine {
    Phase phase;
    bytes32 chain;
    bytes32 blockContext;
    bytes32 stateRoot;
    bytes32 transaction;
    bytes32 frame;
    bytes32 pending;
    Journal journal;
}

/// @notice The block a transaction runs in, and what its transactions add to (docs/machine.md §1).
/// @param outcome 0 none yet, 1 the last transaction was included, 2 it was skipped.
struct BlockContext {
    uint256 number;
    uint256 timestamp;
    address coinbase;
    uint256 gasLimit;
    uint256 baseFee;
    bytes32 prevRandao;
    uint256 chainId;
    uint256 blobBaseFee;
    uint256 dataPrice;
    uint256 gasUsed;
    uint256 transactionCount;
    bytes32 transactionsRoot;
    bytes32 receiptsRoot;
    bytes32 bloomHash;
    Slice raw;
    uint256 outcome;
}

/// @notice The transaction being executed (docs/machine.md §1, §7). Amounts in wei or gas; positions and lengths in bytes.
struct TransactionContext {
    Slice raw;
    bytes32 hash;
    uint256 tokens;
    uint256 kind;
    uint256 nonce;
    uint256 maxPriorityFeePerGas;
    uint256 maxFeePerGas;
    uint256 gasLimit;
    bool isCreation;
    address to;
    uint256 value;
    Slice data;
    uint256 dataTokens;
    uint256 cursor;
    uint256 payloadStart;
    uint256 listEnd;
    uint256 keysEnd;
    address listAddress;
    uint256 addressCount;
    uint256 slotCount;
    uint256 authorizationsStart;
    uint256 authorizationsEnd;
    uint256 authorizationCount;
    uint256 yParity;
    uint256 r;
    uint256 s;
    address sender;
    uint256 gasPrice;
    uint256 dataGas;
    uint256 intrinsicGas;
    uint256 floorGas;
    uint256 gas;
    uint256 status;
    uint256 gasUsed;
}

/// @notice A running or suspended call (docs/machine.md §1).
/// @param context Hash of its FrameContext.
/// @param jumps Root of the buffer of jump destinations.
/// @param stack Hash chain over the stack.
struct Frame {
    bytes32 context;
    Slice code;
    bytes32 jumps;
    uint256 pc;
    uint256 gas;
    bytes32 stack;
    uint256 stackSize;
    bytes32 memoryRoot;
    uint256 memoryWords;
    Slice returndata;
}

/// @notice What does not change while a frame runs (docs/machine.md §1).
/// @param kind Opcode that made it; CALL or CREATE for the outermost.
// Never stored: every field takes a word of the encoding that is hashed, whatever the order.
// solhint-disable-next-line gas-struct-packing
struct FrameContext {
    bytes32 parent;
    bytes32 savedJournal;
    uint256 kind;
    bool isStatic;
    uint256 depth;
    address self;
    address caller;
    uint256 value;
    address codeAddress;
    bool isDelegated;
    Slice input;
    uint256 outOffset;
    uint256 outLength;
}

/// @notice Pending operation of `LoadAccount` and `LoadSlot`.
struct Load {
    Phase resume;
    address owner;
    uint256 slot;
}

/// @notice Pending operation of `Copy`: bytes still to be moved into the frame's memory.
struct Copy {
    Slice source;
    uint256 sourceOffset;
    uint256 destination;
    uint256 length;
}

/// @notice Pending operation of `Absorb`: the keccak256 of `prefix ‖ source ‖ suffix`.
struct Absorb {
    Phase resume;
    bytes32 context;
    Slice source;
    bytes32 prefix;
    uint256 prefixLength;
    bytes32 suffix;
    uint256 suffixLength;
    uint256 position;
    bytes32 sponge;
}

/// @notice What an `Absorb` leaves pending for the phase it resumes.
struct Digest {
    bytes32 value;
    bytes32 context;
}

/// @notice Pending operation of `DepositCode` and `ExitFrame`.
/// @param status 0 exceptional halt, 1 success, 2 revert, 3 success and the contract is created.
struct Exit {
    uint256 status;
    Slice output;
}

/// @notice The last key of a `keyChain`.
/// @param kind 0 account, 1 storage slot, 2 transient slot.
struct KeyLink {
    bytes32 previous;
    uint256 kind;
    address owner;
    uint256 slot;
}

/// @notice Overlay entry of an account (docs/machine.md §4).
/// @param delegation 2^160 + target if the code is an EIP-7702 designator, else 0.
struct Account {
    uint256 nonce;
    uint256 balance;
    bytes32 codeHash;
    bytes32 storageRoot;
    uint256 codeLength;
    uint256 delegation;
    bool isWarm;
    bool isCreated;
    bool isDestroyed;
    bool isDirty;
}

/// @notice Overlay entry of a storage slot.
struct Slot {
    uint256 original;
    uint256 current;
    bool isWarm;
}
