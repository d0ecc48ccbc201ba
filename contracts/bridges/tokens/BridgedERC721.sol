// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import {BridgedToken} from "./BridgedToken.sol";

/// @title BridgedERC721
/// @notice Stands for an ERC-721 token of the other layer, with its name and symbol, and what it said of each id.
contract BridgedERC721 is ERC721, BridgedToken {
    mapping(uint256 id => string uri) private _uris;

    constructor(
        address remoteToken,
        string memory name,
        string memory symbol
    ) ERC721(name, symbol) BridgedToken(remoteToken) {}

    /// @notice Mints `id` for `account`. Only the bridge may.
    /// @dev Asks no recipient: one that takes none could not take it from the bridge either.
    function mint(address account, uint256 id, string calldata uri) external onlyBridge {
        _mint(account, id);
        _uris[id] = uri;
    }

    /// @notice Burns `id`, whose owner asked the bridge to send it. Only the bridge may.
    function burn(uint256 id) external onlyBridge {
        _burn(id);
        delete _uris[id];
    }

    /// @inheritdoc ERC721
    function tokenURI(uint256 id) public view override returns (string memory) {
        _requireOwned(id);
        return _uris[id];
    }
}
