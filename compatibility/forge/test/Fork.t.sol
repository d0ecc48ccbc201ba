// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Counter} from "../src/Counter.sol";

interface Cheatcodes {
    function envAddress(string calldata name) external view returns (address);
}

/// @notice Runs on a fork of L2.
contract ForkTest {
    Cheatcodes private constant VM = Cheatcodes(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    function test_reads_and_changes_what_is_deployed() external {
        Counter counter = Counter(VM.envAddress("DEPLOYED_COUNTER"));
        require(counter.number() == 3, "the number that was deployed");
        counter.setNumber(4);
        require(counter.number() == 4, "the number that was set");
    }
}
