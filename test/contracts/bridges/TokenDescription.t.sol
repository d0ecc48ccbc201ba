// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ScriptedToken} from "../../../contracts/test/ScriptedToken.sol";
import {TokenDescriptions} from "../../../contracts/test/TokenDescriptions.sol";
import {Test} from "../Test.sol";

/// @title Descriptions of tokens that answer whatever they like
contract TokenDescriptionTest is Test {
    uint256 private constant LONGEST = 1_024;
    /// @dev The 200,000 that a token may use, and what asking it takes: the answer's room in memory, and the call.
    uint256 private constant MOST_GAS = 240_000;
    bytes private constant QUESTION = hex"06fdde03";

    ScriptedToken private _token;
    TokenDescriptions private _descriptions;

    function setUp() external {
        _token = new ScriptedToken();
        _descriptions = new TokenDescriptions();
    }

    function testFuzz_AnyAnswerGivesATextOfBoundedLengthAtABoundedPrice(
        bytes calldata answer,
        uint256 zeros,
        bool isRevert,
        bool isEndless
    ) external {
        _answer(answer, bound(zeros, 0, 200_000), isRevert, isEndless);
        uint256 gas = gasleft();
        string memory text = _descriptions.text(address(_token), QUESTION);
        uint256 used = gas - gasleft();
        assertHolds("length", bytes(text).length <= LONGEST);
        assertHolds("gas", used <= MOST_GAS);
        if (isRevert || isEndless) assertEqual("nothing said", bytes(text).length, 0);
        _descriptions.decimals(address(_token));
    }

    function testFuzz_AHeadOfAnyOffsetAndLengthGivesNothingThatWasNotAnswered(
        uint256 offset,
        uint256 length,
        bytes calldata rest,
        bool isNear
    ) external {
        // Such as come near to being right: random words hardly do.
        if (isNear) (offset, length) = (32, bound(length, 0, rest.length + 64));
        _answer(abi.encodePacked(offset, length, rest), 0, false, false);
        string memory text = _descriptions.text(address(_token), QUESTION);
        bool isString = offset == 32 && length <= rest.length && length <= LONGEST;
        bytes memory expected = isString ? rest[:length] : bytes("");
        assertEqual("text", keccak256(bytes(text)), keccak256(expected));
    }

    function testFuzz_AStringIsTakenAsItIsUpToTheBound(string calldata said, uint256 zeros) external {
        _answer(abi.encode(said), bound(zeros, 0, 10_000), false, false);
        string memory text = _descriptions.text(address(_token), QUESTION);
        bytes32 expected = bytes(said).length <= LONGEST ? keccak256(bytes(said)) : keccak256("");
        assertEqual("text", keccak256(bytes(text)), expected);
    }

    function testFuzz_ThirtyTwoBytesAreReadUpToTheFirstZero(bytes32 word) external {
        _answer(abi.encode(word), 0, false, false);
        bytes memory text = bytes(_descriptions.text(address(_token), QUESTION));
        for (uint256 i = 0; i < text.length; ++i) assertHolds("byte", text[i] == word[i] && word[i] != 0);
        assertHolds("end", text.length == 32 || word[text.length] == 0);
    }

    function testFuzz_DecimalsAreThoseOfAByteAndElseEighteen(uint256 given, bytes calldata rest) external {
        _answer(abi.encodePacked(given, rest), 0, false, false);
        assertEqual("any", _descriptions.decimals(address(_token)), given <= 255 ? given : 18);
        _answer(abi.encodePacked(given % 256, rest), 0, false, false);
        assertEqual("a byte", _descriptions.decimals(address(_token)), given % 256);
    }

    function testFuzz_WhoIsNoTokenSaysNothing(address account) external view {
        vm.assume(account.code.length == 0 && uint160(account) > 0xffff);
        assertEqual("text", bytes(_descriptions.text(account, QUESTION)).length, 0);
        assertEqual("decimals", _descriptions.decimals(account), 18);
    }

    function test_TheLongestTextIsTakenAndOneMoreByteIsNot() external {
        _answer(abi.encode(new string(LONGEST)), 0, false, false);
        assertEqual("longest", bytes(_descriptions.text(address(_token), QUESTION)).length, LONGEST);
        _answer(abi.encode(new string(LONGEST + 1)), 0, false, false);
        assertEqual("longer", bytes(_descriptions.text(address(_token), QUESTION)).length, 0);
    }

    function test_AMegabyteIsNotCopied() external {
        // What is in memory and answered costs the token more gas than it has, what is not answered costs nothing.
        for (uint256 zeros = 50_000; zeros <= 1_600_000; zeros *= 2) {
            _answer("", zeros, false, false);
            uint256 gas = gasleft();
            string memory text = _descriptions.text(address(_token), QUESTION);
            assertHolds("gas", gas - gasleft() <= MOST_GAS);
            assertEqual("text", bytes(text).length, 0);
        }
    }

    function _answer(bytes memory data, uint256 zeros, bool isRevert, bool isEndless) private {
        ScriptedToken.Answer memory answer = ScriptedToken.Answer(data, zeros, isRevert, isEndless, address(0), "");
        _token.setAnswer(bytes4(QUESTION), answer);
        _token.setAnswer(bytes4(keccak256("decimals()")), answer);
    }
}
