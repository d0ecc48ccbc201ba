// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TokenDescription} from "../bridges/libraries/TokenDescription.sol";

/// @title Token descriptions
/// @notice The internal library TokenDescription, for tests.
contract TokenDescriptions {
    function text(address token, bytes calldata question) external view returns (string memory) {
        return TokenDescription.text(token, question);
    }

    function decimals(address token) external view returns (uint8) {
        return TokenDescription.decimals(token);
    }
}
