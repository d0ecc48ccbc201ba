// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rlp} from "./Rlp.sol";
import {RlpCursor} from "./RlpCursors.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// @notice An entry of an authorization list (EIP-7702).
/// @param chainId 0 for every chain.
/// @param target Whose code the authority is to run; 0 for none.
/// @param yParity Below 256; only 0 and 1 make a signature.
struct Authorization {
    uint256 chainId;
    address target;
    uint256 nonce;
    uint256 yParity;
    uint256 r;
    uint256 s;
}

/// @title Authorizations
/// @notice The encoding of EIP-7702 authorizations, and who signed them.
library Authorizations {
    bytes1 private constant MAGIC = 0x05;

    /// @notice Reads an authorization; marks the cursor as malformed if there is none.
    function read(RlpCursor memory cursor) internal pure returns (Authorization memory authorization) {
        uint256 outerEnd = cursor.end;
        uint256 end = cursor.readListHeader();
        cursor.end = end;
        authorization.chainId = cursor.readNumber(32);
        authorization.target = address(uint160(cursor.readFixed(20)));
        authorization.nonce = cursor.readNumber(8);
        authorization.yParity = cursor.readNumber(1);
        authorization.r = cursor.readNumber(32);
        authorization.s = cursor.readNumber(32);
        if (cursor.position != end) cursor.isMalformed = true;
        cursor.end = outerEnd;
    }

    /// @notice Who signed an authorization; 0 if nobody did.
    function authority(Authorization memory authorization) internal pure returns (address) {
        (uint256 r, uint256 s) = (authorization.r, authorization.s);
        if (authorization.yParity > 1 || !Secp256k1.isInRange(r, s)) return address(0);
        bytes memory encoded = Rlp.encodeList(
            bytes.concat(
                Rlp.encodeNumber(authorization.chainId),
                Rlp.encodeAddress(authorization.target),
                Rlp.encodeNumber(authorization.nonce)
            )
        );
        return Secp256k1.recover(keccak256(bytes.concat(MAGIC, encoded)), authorization.yParity, r, s);
    }
}
