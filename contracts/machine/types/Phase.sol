// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the next step of a machine does (docs/machine.md §6). Up to `EndBlock`: boundary states, named after the
/// unit that comes next.
enum Phase {
    Halt,
    LoadBatch,
    BeginBlock,
    Message,
    Transaction,
    EndBlock,
    CountTransaction,
    Absorb,
    DecodeHeader,
    CountCalldata,
    DecodeAccessList,
    DecodeAuthorizations,
    DecodeSignature,
    RecoverSender,
    Validate,
    BuyGas,
    Authorize,
    EnterTransaction,
    LoadAccount,
    LoadSlot,
    EnterFrame,
    EnterCode,
    Precompile,
    Execute,
    Copy,
    FinishKeccak,
    FinishLog,
    DepositCode,
    ExitFrame,
    Settle,
    Flush,
    EndTransaction,
    ReadCalldata,
    ReadElement,
    InflateBlockHead,
    InflateStored,
    InflateSymbols,
    ReadBlockHead,
    OpenBlock,
    EnterBlock,
    ReadTransaction,
    Mint,
    Refund,
    WriteContext,
    EndMessage,
    CreditFees,
    SealBlock
}

using {isBoundary, underway} for Phase global;

/// @notice Whether a state of this phase lies between two units.
function isBoundary(Phase self) pure returns (bool) {
    return self <= Phase.EndBlock;
}

/// @notice The phase whose step the start of a unit is (docs/machine.md §16): that phase itself, unless it is a boundary before a
/// unit that starts with a step of another phase. With `Transaction` that is so only in a chain.
function underway(Phase self) pure returns (Phase) {
    if (self == Phase.BeginBlock) return Phase.ReadBlockHead;
    if (self == Phase.Transaction) return Phase.ReadTransaction;
    if (self == Phase.EndBlock) return Phase.CreditFees;
    return self;
}
