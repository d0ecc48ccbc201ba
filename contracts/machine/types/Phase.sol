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
    EndTransaction
}

using {isBoundary} for Phase global;

/// @notice Whether a state of this phase lies between two units.
function isBoundary(Phase self) pure returns (bool) {
    return self <= Phase.EndBlock;
}
