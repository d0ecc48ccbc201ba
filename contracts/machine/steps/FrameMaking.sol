// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BufferTree} from "../libraries/BufferTree.sol";
import {Rlp} from "../libraries/Rlp.sol";
import {Slices} from "../libraries/Slices.sol";
import {Account} from "../types/Account.sol";
import {Frame} from "../types/Frame.sol";
import {FrameContext} from "../types/FrameContext.sol";
import {Phase} from "../types/Phase.sol";
import {Step} from "./Steps.sol";

/// @title Frame making
/// @notice What calls, creations and the begin of a transaction share (docs/machine.md §7 `EnterTransaction`, §8).
library FrameMaking {
    /// @notice A frame of this depth calls and creates nothing; the outermost has depth 0.
    uint256 internal constant DEPTH_LIMIT = 1024;

    /// @notice Bytes of initcode that a creation can have (EIP-3860).
    uint256 internal constant INITCODE_LIMIT = 49_152;

    /// @notice An account with this nonce makes no transaction and creates nothing (EIP-2681).
    uint256 internal constant LAST_NONCE = type(uint64).max;

    /// @notice Whose code runs when `target` is called, whose entry is `account` (EIP-7702).
    /// @return codeAddress The delegate, if the target has a delegation, else the target.
    function codeOf(
        address target,
        Account memory account
    ) internal pure returns (address codeAddress, bool isDelegated) {
        isDelegated = account.delegation != 0;
        codeAddress = isDelegated ? address(uint160(account.delegation)) : target;
    }

    /// @notice The address of what `creator` creates with CREATE, or a transaction of its, at `nonce`.
    function addressOf(address creator, uint256 nonce) internal pure returns (address) {
        bytes memory encoded = Rlp.encodeList(bytes.concat(Rlp.encodeAddress(creator), Rlp.encodeNumber(nonce)));
        return address(uint160(uint256(keccak256(encoded))));
    }

    /// @notice What a frame with `gas` can give to another (EIP-150).
    function allButOne64th(uint256 gas) internal pure returns (uint256) {
        return gas - gas / 64;
    }

    /// @notice Makes a new frame the running one, with the phase `EnterFrame`. `context.savedJournal` is set here, to the
    /// journal as it is now.
    /// @param context All else of it, the hash of the suspended parent included.
    /// @param gas What the frame has.
    function enter(Step memory step, FrameContext memory context, uint256 gas) internal pure {
        context.savedJournal = step.machine.journal.hash();
        step.machine.frame = Frame({
            context: context.hash(),
            code: Slices.empty(),
            jumps: BufferTree.EMPTY_ROOT,
            pc: 0,
            gas: gas,
            stack: bytes32(0),
            stackSize: 0,
            memoryRoot: BufferTree.EMPTY_ROOT,
            memoryWords: 0,
            returndata: Slices.empty()
        }).hash();
        step.machine.phase = Phase.EnterFrame;
    }
}
