// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

import {BridgedToken} from "./BridgedToken.sol";

/// @title BridgedERC1155
/// @notice Stands for an ERC-1155 token of the other layer, with what it said of each id when last it came.
contract BridgedERC1155 is ERC1155, BridgedToken {
    mapping(uint256 id => string uri) private _uris;

    constructor(address remoteToken) ERC1155("") BridgedToken(remoteToken) {}

    /// @notice Mints for `account`, who is asked if it is a contract (ERC-1155). Only the bridge may.
    function mint(
        address account,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        string[] calldata uris
    ) external onlyBridge {
        for (uint256 i = 0; i < ids.length; ++i) {
            // What it says seldom changes, and comparing is cheaper than writing.
            if (keccak256(bytes(_uris[ids[i]])) == keccak256(bytes(uris[i]))) continue;
            _uris[ids[i]] = uris[i];
            emit URI(uris[i], ids[i]);
        }
        _mintBatch(account, ids, amounts, "");
    }

    /// @notice Burns what `account` asked the bridge to send. Only the bridge may.
    function burn(address account, uint256[] calldata ids, uint256[] calldata amounts) external onlyBridge {
        _burnBatch(account, ids, amounts);
    }

    /// @inheritdoc ERC1155
    function uri(uint256 id) public view override returns (string memory) {
        return _uris[id];
    }
}
