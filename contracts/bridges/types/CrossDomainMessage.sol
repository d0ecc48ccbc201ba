// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A call that a messenger makes for an account of the other layer.
/// @param nonce From L1: index of the Inbox message that first carried it. From L2: index of the Outbox message.
/// @param sender Caller of the messenger on the layer it comes from, as it is there.
/// @param target Account that is called.
/// @param value Wei sent along.
/// @param minimumGas Gas that the call has at least.
/// @param data Calldata.
struct CrossDomainMessage {
    uint256 nonce;
    address sender;
    address target;
    uint256 value;
    uint256 minimumGas;
    bytes data;
}

using {hash} for CrossDomainMessage global;

/// @notice `keccak256(abi.encode(nonce, sender, target, value, minimumGas, keccak256(data)))`.
function hash(CrossDomainMessage calldata self) pure returns (bytes32) {
    return
        keccak256(abi.encode(self.nonce, self.sender, self.target, self.value, self.minimumGas, keccak256(self.data)));
}
