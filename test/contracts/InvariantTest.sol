// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "./Test.sol";

/// @title Invariant test
/// @notice A test whose invariants the runner checks between random calls to one contract: the handler.
abstract contract InvariantTest is Test {
    address private _handler;

    /// @notice Read by the runner.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = _handler;
    }

    function setHandler(address handler) internal {
        _handler = handler;
    }
}
