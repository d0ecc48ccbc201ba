// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What the programs here deploy and call.
contract Counter {
    event NumberSet(address indexed by, uint256 number);

    error TooLarge(uint256 number, uint256 largest);

    uint256 public number;

    constructor(uint256 first) {
        number = first;
    }

    function setNumber(uint256 to) external payable {
        if (to > 1000) revert TooLarge(to, 1000);
        number = to;
        emit NumberSet(msg.sender, to);
    }

    function refuse() external pure {
        revert("never");
    }
}
