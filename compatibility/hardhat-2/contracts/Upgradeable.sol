// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";

/// @notice What OpenZeppelin's upgrades plugin puts behind a proxy.
contract Upgradeable is Initializable {
    uint256 public number;

    function initialize(uint256 first) external initializer {
        number = first;
    }
}

/// @notice What it puts there instead.
contract Upgraded is Upgradeable {
    function add() external {
        number++;
    }
}
