// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @title Simple ERC-1155
/// @notice A token for tests, that says of all ids what it was told to.
contract SimpleERC1155 is ERC1155 {
    constructor(string memory uri) ERC1155(uri) {}

    /// @notice Gives `account` tokens.
    function mint(address account, uint256[] calldata ids, uint256[] calldata amounts) external {
        _mintBatch(account, ids, amounts, "");
    }

    /// @notice Takes tokens away, as a token does whose balances change by themselves.
    function burn(address account, uint256 id, uint256 amount) external {
        _burn(account, id, amount);
    }
}
