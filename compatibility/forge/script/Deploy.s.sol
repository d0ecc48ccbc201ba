// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Counter} from "../src/Counter.sol";

interface Cheatcodes {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @notice Deploys with and without CREATE2, and calls.
contract Deploy {
    Cheatcodes private constant VM = Cheatcodes(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    bool public constant IS_SCRIPT = true;

    function run() external {
        VM.startBroadcast();
        Counter counter = new Counter(1);
        counter.setNumber{value: 5}(7);
        new Counter{salt: bytes32(block.timestamp)}(2);
        VM.stopBroadcast();
    }
}
