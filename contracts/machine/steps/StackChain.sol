// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Witness} from "../types/Witness.sol";
import {Lane, Step, Steps} from "./Steps.sol";

/// @title Stack chain
/// @notice The stack of `step.frame` as a hash chain (docs/machine.md §3).
library StackChain {
    /// @notice Items a stack can hold.
    uint256 internal constant LIMIT = 1024;

    /// @notice Whether an instruction that takes `pops` items and leaves `pushes` in their place neither underflows nor
    /// overflows the stack.
    function fits(Step memory step, uint256 pops, uint256 pushes) internal pure returns (bool) {
        uint256 size = step.frame.stackSize;
        return size >= pops && size - pops + pushes <= LIMIT;
    }

    /// @notice Opens the `count` topmost items and leaves them. There must be as many.
    /// @return items Top first.
    /// @return below The chain below them.
    function peek(
        Step memory step,
        Witness calldata w,
        uint256 count
    ) internal pure returns (uint256[] memory items, bytes32 below) {
        items = new uint256[](count);
        if (count == 0) return (items, step.frame.stack);
        require(w.stack.length > count, Steps.WitnessTooShort(Lane.Stack, w.stack.length));
        below = w.stack[count];
        bytes32 chain = below;
        for (uint256 i = count; i > 0; --i) {
            bytes32 item = w.stack[i - 1];
            items[i - 1] = uint256(item);
            chain = Hashes.efficientKeccak256(chain, item);
        }
        require(chain == step.frame.stack, Steps.WrongPreimage(step.frame.stack, chain));
    }

    /// @notice Takes the `count` topmost items. There must be as many.
    /// @return items Top first.
    function pop(Step memory step, Witness calldata w, uint256 count) internal pure returns (uint256[] memory items) {
        bytes32 below;
        (items, below) = peek(step, w, count);
        step.frame.stack = below;
        step.frame.stackSize -= count;
    }

    /// @notice Puts `item` on top. There must be room for it.
    function push(Step memory step, uint256 item) internal pure {
        step.frame.stack = Hashes.efficientKeccak256(step.frame.stack, bytes32(item));
        ++step.frame.stackSize;
    }
}
