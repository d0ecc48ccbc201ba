// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice How tokens are handed over on the other layer, and what goes with them.
/// @param recipient Account that gets tokens and ETH.
/// @param value Wei for the recipient.
/// @param data Not empty: the recipient is called with it (IBridgeRecipient), with the ETH. Empty: the ETH is just sent.
/// @param minimumGas Gas that call has at least, besides what the bridge needs.
/// @param refundTo From L1: account on L2 that gets what is left of the fee. From L2 there is no fee, and it is not looked at.
struct Delivery {
    address recipient;
    uint256 value;
    bytes data;
    uint256 minimumGas;
    address refundTo;
}
