// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @title Simple ERC-721
/// @notice A token for tests, that says of all ids what it was told to.
contract SimpleERC721 is ERC721 {
    string private _uri;

    constructor(string memory name, string memory symbol, string memory uri) ERC721(name, symbol) {
        _uri = uri;
    }

    /// @notice Gives `account` a token.
    function mint(address account, uint256 id) external {
        _mint(account, id);
    }

    /// @inheritdoc ERC721
    function tokenURI(uint256) public view override returns (string memory) {
        return _uri;
    }
}
