// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JumpAnalysis} from "../machine/libraries/JumpAnalysis.sol";
import {Precompiles} from "../machine/libraries/Precompiles.sol";

/// @notice Makes internal libraries callable, for tests. What gives `gasUsed` measures the library alone.
contract FrameLibraries {
    function costOf(
        address precompile,
        bytes calldata input
    ) external view returns (bool isRunnable, uint256 cost, uint256 gasUsed) {
        uint256 gas = gasleft();
        (isRunnable, cost) = Precompiles.costOf(precompile, input);
        gasUsed = gas - gasleft();
    }

    function run(
        address precompile,
        bytes calldata input
    ) external view returns (bool isSuccess, bytes memory output, uint256 gasUsed) {
        (bool isRunnable, uint256 cost) = Precompiles.costOf(precompile, input);
        if (!isRunnable) return (false, "", 0);
        uint256 gas = gasleft();
        (isSuccess, output) = Precompiles.run(precompile, input, cost);
        gasUsed = gas - gasleft();
    }

    /// @notice A run of something taken to cost `cost`.
    function runFor(
        address precompile,
        bytes calldata input,
        uint256 cost
    ) external view returns (bool isSuccess, bytes memory output) {
        return Precompiles.run(precompile, input, cost);
    }

    function destinationsOf(bytes calldata code) external view returns (bytes memory words, uint256 gasUsed) {
        uint256 gas = gasleft();
        words = JumpAnalysis.destinationsOf(code);
        gasUsed = gas - gasleft();
    }

    /// @notice As above, with memory behind the code that has been written to and is free again.
    function destinationsInUsedMemory(bytes calldata code) external pure returns (bytes memory) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let free := mload(0x40)
            for {
                let i := 0
            } lt(i, add(mul(4, code.length), 0x400)) {
                i := add(i, 0x20)
            } {
                mstore(add(free, i), 0x5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b)
            }
        }
        return JumpAnalysis.destinationsOf(code);
    }
}
