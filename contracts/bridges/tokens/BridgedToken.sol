// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBridgedToken} from "../interfaces/IBridgedToken.sol";

/// @title BridgedToken
/// @notice What the tokens that bridges make share. See {IBridgedToken}.
abstract contract BridgedToken is IBridgedToken {
    /// @inheritdoc IBridgedToken
    address public immutable BRIDGE;
    /// @inheritdoc IBridgedToken
    address public immutable REMOTE_TOKEN;

    modifier onlyBridge() {
        require(msg.sender == BRIDGE, NotBridge(msg.sender));
        _;
    }

    constructor(address remoteToken) {
        BRIDGE = msg.sender;
        REMOTE_TOKEN = remoteToken;
    }
}
