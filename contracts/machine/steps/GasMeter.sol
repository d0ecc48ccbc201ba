// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Step} from "./Steps.sol";

/// @title Gas meter
/// @notice The gas of instructions, in Ethereum's names (Yellow Paper appendix G; EIP-2929 for access), and what is left of
/// it in `step.frame`.
library GasMeter {
    uint256 internal constant JUMPDEST = 1;
    uint256 internal constant BASE = 2;
    uint256 internal constant VERY_LOW = 3;
    uint256 internal constant LOW = 5;
    uint256 internal constant MID = 8;
    uint256 internal constant HIGH = 10;
    uint256 internal constant EXP = 10;
    uint256 internal constant EXP_BYTE = 50;
    uint256 internal constant KECCAK256 = 30;
    uint256 internal constant KECCAK256_WORD = 6;
    uint256 internal constant COPY_WORD = 3;
    uint256 internal constant INITCODE_WORD = 2;
    uint256 internal constant LOG = 375;
    uint256 internal constant LOG_TOPIC = 375;
    uint256 internal constant LOG_BYTE = 8;
    uint256 internal constant MEMORY_WORD = 3;
    uint256 internal constant MEMORY_WORDS_SQUARED_DIVISOR = 512;
    uint256 internal constant WARM_ACCESS = 100;
    uint256 internal constant COLD_ACCOUNT_ACCESS = 2600;
    uint256 internal constant NEW_ACCOUNT = 25_000;
    uint256 internal constant CALL_STIPEND = 2_300;

    /// @notice Takes `cost` from the frame's gas.
    /// @return Whether there is as much; if not, nothing is taken and the instruction halts.
    function charge(Step memory step, uint256 cost) internal pure returns (bool) {
        uint256 gas = step.frame.gas;
        if (gas < cost) return false;
        step.frame.gas = gas - cost;
        return true;
    }
}
