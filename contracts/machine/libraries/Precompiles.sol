// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Precompiles
/// @notice What Osaka's precompiles cost, and their results, as the same precompiles of this chain give them. This chain
/// must have them all at these addresses, and none may cost much more here (see `run`).
library Precompiles {
    address internal constant ECRECOVER = address(0x01);
    address internal constant SHA256 = address(0x02);
    address internal constant RIPEMD160 = address(0x03);
    address internal constant IDENTITY = address(0x04);
    address internal constant MODEXP = address(0x05);
    address internal constant BN254_ADD = address(0x06);
    address internal constant BN254_MUL = address(0x07);
    address internal constant BN254_PAIRING = address(0x08);
    address internal constant BLAKE2F = address(0x09);
    address internal constant KZG_POINT_EVALUATION = address(0x0a);
    address internal constant BLS12_G1ADD = address(0x0b);
    address internal constant BLS12_G1MSM = address(0x0c);
    address internal constant BLS12_G2ADD = address(0x0d);
    address internal constant BLS12_G2MSM = address(0x0e);
    address internal constant BLS12_PAIRING = address(0x0f);
    address internal constant BLS12_MAP_FP_TO_G1 = address(0x10);
    address internal constant BLS12_MAP_FP2_TO_G2 = address(0x11);
    address internal constant P256VERIFY = address(0x100);

    /// @notice Bytes of input that are not a failure yet, IDENTITY aside (docs/machine.md §9).
    uint256 internal constant INPUT_LIMIT = 65_536;

    /// @notice Gas a run may cost that is not a failure yet, of MODEXP and of others (docs/machine.md §9).
    uint256 internal constant MODEXP_COST_LIMIT = 8_000_000;
    uint256 internal constant COST_LIMIT = 7_500_000;

    /// @notice Bytes of its input that cost and output of MODEXP depend on: three lengths, and three numbers of at most 1,024
    /// bytes (EIP-7823).
    uint256 internal constant MODEXP_SIGNIFICANT_LENGTH = 96 + 3 * MODEXP_LIMIT;

    /// @dev EIP-7823: bytes of base, exponent and modulus.
    uint256 private constant MODEXP_LIMIT = 1_024;

    /// @dev Bytes of the input of BLAKE2F (EIP-152), of which the last one is 0 or 1.
    uint256 private constant BLAKE2F_LENGTH = 213;

    /// @dev What a run that can fail is given beyond its cost: this much, and of the cost one part in so many.
    uint256 private constant ALLOWANCE = 100_000;
    uint256 private constant ALLOWANCE_DIVISOR = 16;

    /// @dev Far more than is spent from where the gas left is looked at to where the precompile's is taken from it.
    uint256 private constant CALL_OVERHEAD = 5_000;

    /// @dev EIP-2537: what a multiplication costs in ‰ of a single one, for 1, 2, … 128 of them; two bytes each.
    bytes private constant G1_DISCOUNTS =
        hex"03e803b50350031d02fc02ee02e202d802cf02c802c102ba02b402af02aa02a502a1029d029902950292028e028b0288"
        hex"028502820280027d027b0278027602730271026f026d026b026902670265026302610260025e025c025b025902570256"
        hex"0254025302510250024f024d024c024a02490248024602450244024302410240023f023e023d023c023a023902380237"
        hex"0236023502340233023202310230022f022e022d022c022b022a02290228022702260225022402230223022202210220"
        hex"021f021e021d021c021c021b021a0219021802180217021602150214021402130212021102100210020f020e020d020d"
        hex"020c020b020a020a0209020802080207";

    /// @dev As above.
    bytes private constant G2_DISCOUNTS =
        hex"03e803e8039b037403570340032c031c030e030202f702ed02e402dc02d402cd02c702c002bb02b502b002ab02a702a2"
        hex"029e029a02970293028f028c0289028602830280027d027a0278027502730270026e026c026a0267026502630261025f"
        hex"025e025c025a025802560255025302510250024e024d024b024a0248024702460244024302420240023f023e023d023b"
        hex"023a023902380237023602350233023202310230022f022e022d022c022b022a02290228022802270226022502240223"
        hex"0222022102210220021f021e021d021d021c021b021a0219021902180217021702160215021402140213021202120211"
        hex"02100210020f020e020e020d020c020c";

    /// @notice There is no precompile at this address.
    error NotAPrecompile(address precompile);

    /// @notice The step has `available` gas left and needs `required`: with less, the precompile could fail for want of gas, which
    /// says nothing about what it does on L2.
    error NotEnoughGas(uint256 required, uint256 available);

    /// @notice The precompile failed on an input on which it never does: for want of gas, which says that this chain has raised
    /// its price.
    error UnexpectedFailure(address precompile);

    /// @notice The precompile gave `length` bytes, which it never does where it is what it should be.
    error UnexpectedOutput(address precompile, uint256 length);

    /// @notice Gas of IDENTITY with `length` bytes of input.
    function identityCostOf(uint256 length) internal pure returns (uint256) {
        return 15 + 3 * _wordsOf(length);
    }

    /// @notice Gas of a run with this input, by Osaka's rules.
    /// @param input At most INPUT_LIMIT bytes.
    /// @return isRunnable Whether the run is worth a try: the lengths that the cost depends on, and all of BLAKE2F's input, are
    /// valid, the cost is within its limit. If not, it fails.
    function costOf(address precompile, bytes memory input) internal pure returns (bool isRunnable, uint256 cost) {
        (isRunnable, cost) = _costOf(precompile, input);
        if (cost > (precompile == MODEXP ? MODEXP_COST_LIMIT : COST_LIMIT)) isRunnable = false;
    }

    /// @notice Runs a precompile of this chain. Reverts with NotEnoughGas if it could fail for want of gas alone,
    /// UnexpectedFailure or UnexpectedOutput.
    /// A run that fails for want of gas cannot be told from one that fails. So one that can fail is given more than its
    /// cost: a fork of this chain may raise a price by up to 100,000 gas and a 16th without a wrong failure being proven.
    /// (EIP-7904 would take POINT_EVALUATION from 50,000 to 89,363, and a pair of BN254_PAIRING from 34,000 to 34,103.) It is
    /// not given more than that, as a failure takes all of it. The others are given all there is.
    /// @param input One that `costOf` calls runnable.
    /// @param cost What `costOf` gives.
    function run(
        address precompile,
        bytes memory input,
        uint256 cost
    ) internal view returns (bool isSuccess, bytes memory output) {
        bool canFail = _canFail(precompile);
        uint256 needed = canFail ? cost + cost / ALLOWANCE_DIVISOR + ALLOWANCE : cost;
        // A call leaves the caller one 64th, rounded down, of what there is, so `needed` can be given in full if
        // 64 ÷ 63 of it is there.
        uint256 required = needed + needed / 63 + 1 + CALL_OVERHEAD;
        uint256 available = gasleft();
        require(available >= required, NotEnoughGas(required, available));
        uint256 given = canFail ? needed : available;
        // In assembly as Solidity's call copies the input between the look at the gas and the call. The other way for a
        // call to fail, 1,024 nested ones, takes more gas than a transaction can have with as much left as is here.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            isSuccess := staticcall(given, precompile, add(input, 0x20), mload(input), 0, 0)
            if isSuccess {
                output := mload(0x40)
                let length := returndatasize()
                mstore(0x40, add(output, and(add(length, 0x3f), not(0x1f))))
                mstore(output, length)
                returndatacopy(add(output, 0x20), 0, length)
            }
        }
        require(isSuccess || canFail, UnexpectedFailure(precompile));
        require(
            !isSuccess || _isOutputLength(precompile, input, output.length),
            UnexpectedOutput(precompile, output.length)
        );
    }

    function _costOf(address precompile, bytes memory input) private pure returns (bool isRunnable, uint256 cost) {
        isRunnable = true;
        uint256 length = input.length;
        if (precompile == ECRECOVER) cost = 3_000;
        else if (precompile == SHA256) cost = 60 + 12 * _wordsOf(length);
        else if (precompile == RIPEMD160) cost = 600 + 120 * _wordsOf(length);
        else if (precompile == MODEXP) return _modexpCostOf(input);
        else if (precompile == BN254_ADD) cost = 150;
        else if (precompile == BN254_MUL) cost = 6_000;
        else if (precompile == BN254_PAIRING) cost = 45_000 + 34_000 * (length / 192);
        else if (precompile == BLAKE2F) {
            return (length == BLAKE2F_LENGTH && uint8(input[length - 1]) <= 1, _wordAt(input, 0) >> 224);
        } else if (precompile == KZG_POINT_EVALUATION) cost = 50_000;
        else if (precompile == BLS12_G1ADD) cost = 375;
        else if (precompile == BLS12_G1MSM) cost = _msmCostOf(length / 160, 12_000, G1_DISCOUNTS);
        else if (precompile == BLS12_G2ADD) cost = 600;
        else if (precompile == BLS12_G2MSM) cost = _msmCostOf(length / 288, 22_500, G2_DISCOUNTS);
        else if (precompile == BLS12_PAIRING) cost = 37_700 + 32_600 * (length / 384);
        else if (precompile == BLS12_MAP_FP_TO_G1) cost = 5_500;
        else if (precompile == BLS12_MAP_FP2_TO_G2) cost = 23_800;
        else if (precompile == P256VERIFY) cost = 6_900;
        else revert NotAPrecompile(precompile);
    }

    /// @dev EIP-7883, with the limits of EIP-7823.
    function _modexpCostOf(bytes memory input) private pure returns (bool isRunnable, uint256 cost) {
        uint256 baseLength = _wordAt(input, 0);
        uint256 exponentLength = _wordAt(input, 32);
        uint256 modulusLength = _wordAt(input, 64);
        if (baseLength > MODEXP_LIMIT || exponentLength > MODEXP_LIMIT || modulusLength > MODEXP_LIMIT) {
            return (false, 0);
        }
        uint256 head = _wordAt(input, 96 + baseLength);
        if (exponentLength < 32) head >>= (32 - exponentLength) << 3;
        uint256 iterations = Math.log2(head);
        if (exponentLength > 32) iterations += 16 * (exponentLength - 32);

        uint256 longer = Math.max(baseLength, modulusLength);
        uint256 complexity = longer > 32 ? 2 * ((longer + 7) / 8) ** 2 : 16;
        return (true, Math.max(complexity * Math.max(iterations, 1), 500));
    }

    /// @dev EIP-2537. None costs nothing, and fails.
    function _msmCostOf(
        uint256 count,
        uint256 multiplicationCost,
        bytes memory discounts
    ) private pure returns (uint256) {
        if (count == 0) return 0;
        uint256 position = (Math.min(count, discounts.length / 2) - 1) * 2;
        uint256 discount = (uint256(uint8(discounts[position])) << 8) | uint8(discounts[position + 1]);
        return (count * multiplicationCost * discount) / 1_000;
    }

    /// @dev Whether there are inputs, runnable by `costOf`, on which a precompile fails.
    function _canFail(address precompile) private pure returns (bool) {
        return
            precompile != ECRECOVER &&
            precompile != SHA256 &&
            precompile != RIPEMD160 &&
            precompile != MODEXP &&
            precompile != BLAKE2F &&
            precompile != P256VERIFY;
    }

    /// @dev Failure is told by none for two of them, so this guards against an address without a precompile for all but these.
    function _isOutputLength(address precompile, bytes memory input, uint256 length) private pure returns (bool) {
        if (precompile == ECRECOVER || precompile == P256VERIFY) return length == 0 || length == 32;
        if (precompile == MODEXP) return length == _wordAt(input, 64);
        if (
            precompile == BN254_ADD ||
            precompile == BN254_MUL ||
            precompile == BLAKE2F ||
            precompile == KZG_POINT_EVALUATION
        ) return length == 64;
        if (precompile == BLS12_G1ADD || precompile == BLS12_G1MSM || precompile == BLS12_MAP_FP_TO_G1) {
            return length == 128;
        }
        if (precompile == BLS12_G2ADD || precompile == BLS12_G2MSM || precompile == BLS12_MAP_FP2_TO_G2) {
            return length == 256;
        }
        return length == 32;
    }

    /// @dev 32 bytes from `offset` on, zeros beyond the end.
    function _wordAt(bytes memory input, uint256 offset) private pure returns (uint256 word) {
        if (offset >= input.length) return 0;
        // In assembly as Solidity reads a single byte of an array at most. What lies behind the array is shifted out.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := mload(add(add(input, 0x20), offset))
        }
        uint256 available = input.length - offset;
        if (available < 32) {
            uint256 missing = (32 - available) << 3;
            word = (word >> missing) << missing;
        }
    }

    function _wordsOf(uint256 length) private pure returns (uint256) {
        return (length + 31) / 32;
    }
}
