// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IBridgeRecipient} from "../../../contracts/bridges/interfaces/IBridgeRecipient.sol";
import {IERC1155Bridge} from "../../../contracts/bridges/interfaces/IERC1155Bridge.sol";
import {IERC20Bridge} from "../../../contracts/bridges/interfaces/IERC20Bridge.sol";
import {IERC721Bridge} from "../../../contracts/bridges/interfaces/IERC721Bridge.sol";
import {IL1Messenger} from "../../../contracts/bridges/interfaces/IL1Messenger.sol";
import {IL2Messenger, RelayStatus} from "../../../contracts/bridges/interfaces/IL2Messenger.sol";
import {IMessenger} from "../../../contracts/bridges/interfaces/IMessenger.sol";
import {ITokenBridge} from "../../../contracts/bridges/interfaces/ITokenBridge.sol";
import {CrossDomainMessage} from "../../../contracts/bridges/types/CrossDomainMessage.sol";
import {Delivery} from "../../../contracts/bridges/types/Delivery.sol";
import {L1ERC1155Bridge} from "../../../contracts/l1/L1ERC1155Bridge.sol";
import {L1ERC20Bridge} from "../../../contracts/l1/L1ERC20Bridge.sol";
import {L1ERC721Bridge} from "../../../contracts/l1/L1ERC721Bridge.sol";
import {L1Messenger} from "../../../contracts/l1/L1Messenger.sol";
import {IInbox} from "../../../contracts/l1/interfaces/IInbox.sol";
import {IPortal} from "../../../contracts/l1/interfaces/IPortal.sol";
import {DepositBody} from "../../../contracts/l1/types/DepositBody.sol";
import {MessageKind, MessageOpening} from "../../../contracts/l1/types/MessageOpening.sol";
import {L2ERC1155Bridge} from "../../../contracts/l2/L2ERC1155Bridge.sol";
import {L2ERC20Bridge} from "../../../contracts/l2/L2ERC20Bridge.sol";
import {L2ERC721Bridge} from "../../../contracts/l2/L2ERC721Bridge.sol";
import {L2Messenger} from "../../../contracts/l2/L2Messenger.sol";
import {WrappedEther} from "../../../contracts/l2/WrappedEther.sol";
import {AccountAlias} from "../../../contracts/libraries/AccountAlias.sol";
import {Predeploys} from "../../../contracts/libraries/Predeploys.sol";
import {SimpleERC1155} from "../../../contracts/test/SimpleERC1155.sol";
import {SimpleERC721} from "../../../contracts/test/SimpleERC721.sol";
import {TrickyERC20} from "../../../contracts/test/TrickyERC20.sol";
import {InvariantTest} from "../InvariantTest.sol";
import {Test} from "../Test.sol";

/// @title Queueing inbox
/// @notice Keeps what it is given, for the handler to deliver.
contract QueueingInbox {
    struct Message {
        uint256 enqueuedAt;
        address sender;
        address to;
        uint256 mint;
        uint256 value;
        uint256 gasLimit;
        address refundTo;
        bytes data;
    }

    Message[] private _messages;
    mapping(uint256 index => bytes32 messageHash) public messageHashes;

    function sendMessage(
        address to,
        uint256 value,
        uint256 gasLimit,
        bytes calldata data,
        address refundTo
    ) external payable returns (bytes32 messageHash) {
        address sender = AccountAlias.aliasOf(msg.sender);
        messageHash = MessageOpening({
            enqueuedAt: block.timestamp,
            kind: MessageKind.Deposit,
            bodyHash: DepositBody(sender, to, msg.value, value, gasLimit, refundTo, keccak256(data)).hash()
        }).hashAt(_messages.length);
        messageHashes[_messages.length] = messageHash;
        _messages.push(Message(block.timestamp, sender, to, msg.value, value, gasLimit, refundTo, data));
    }

    function messageCount() external view returns (uint256) {
        return _messages.length;
    }

    function message(uint256 index) external view returns (Message memory) {
        return _messages[index];
    }
}

/// @title Queueing outbox
/// @notice Keeps what it is given, for the handler to execute.
contract QueueingOutbox {
    struct Message {
        address sender;
        address target;
        uint256 value;
        uint256 minimumGas;
        bytes data;
    }

    Message[] private _messages;

    function sendMessage(
        address target,
        uint256 minimumGas,
        bytes calldata data
    ) external payable returns (uint256 index) {
        index = _messages.length;
        _messages.push(Message(msg.sender, target, msg.value, minimumGas, data));
    }

    function count() external view returns (uint256) {
        return _messages.length;
    }

    function message(uint256 index) external view returns (Message memory) {
        return _messages[index];
    }
}

/// @title Obedient portal
/// @notice Calls what it is told to, for whom it is told.
contract ObedientPortal {
    address public l2Sender;

    receive() external payable {}

    function execute(
        address sender,
        address target,
        uint256 value,
        uint256 gas,
        bytes calldata data
    ) external returns (bool success) {
        l2Sender = sender;
        (success, ) = target.call{value: value, gas: gas}(data);
        l2Sender = address(0);
    }
}

/// @title Fickle recipient
/// @notice Takes ETH and tokens or refuses them, and tries a call of its own when it gets something.
contract FickleRecipient is IBridgeRecipient, ERC1155Holder {
    bool public isRefusing;
    bool public hasSucceeded;
    address private _target;
    bytes private _call;

    receive() external payable {
        _react();
    }

    function setRefusing(bool refusing) external {
        isRefusing = refusing;
    }

    function prepare(address target, bytes calldata call) external {
        _target = target;
        _call = call;
    }

    function onTokensBridged(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external payable returns (bytes4) {
        _react();
        return this.onTokensBridged.selector;
    }

    function onERC1155BatchReceived(
        address operator,
        address from,
        uint256[] memory ids,
        uint256[] memory amounts,
        bytes memory data
    ) public override returns (bytes4) {
        _react();
        return super.onERC1155BatchReceived(operator, from, ids, amounts, data);
    }

    function _react() private {
        require(!isRefusing);
        if (_target == address(0)) return;
        (bool success, ) = _target.call(_call);
        if (success) hasSucceeded = true;
    }
}

/// @title Bridges handler
/// @notice Random use of messengers and bridges on both layers, and a model of what is on its way.
contract BridgesHandler is Test {
    enum Layer {
        L1,
        L2
    }

    enum Standard {
        ERC20,
        ERC721,
        ERC1155
    }

    /// @dev A message that carries tokens, on its way from a layer, or arrived.
    struct Transfer {
        Standard standard;
        /// Where the token is native.
        Layer home;
        uint256 id;
        uint256 amount;
        uint256 value;
        address recipient;
        bool arrived;
    }

    uint256 public constant COLLECTIBLES = 4;
    uint256 public constant KINDS = 2;
    uint256 private constant SUPPLY = 1e24;
    uint256 private constant FEE = 1 ether;
    address private constant FORGER = address(0xf0f0);

    QueueingInbox public immutable INBOX = new QueueingInbox();
    ObedientPortal public immutable PORTAL = new ObedientPortal();
    FickleRecipient public immutable RECIPIENT = new FickleRecipient();
    L1Messenger public immutable L1_MESSENGER;
    address private immutable _ALIAS;

    address[3] public users = [address(0xa11ce), address(0xb0b), address(0xca401)];
    ITokenBridge[3][2] private _bridges;
    address[3][2] private _natives;

    mapping(uint256 from => mapping(uint256 nonce => Transfer transfer)) private _transfers;
    uint256[][2] private _nonces;
    mapping(uint256 index => bool) private _hasRun;
    mapping(uint256 index => bool) private _isExecuted;
    mapping(bytes32 messageHash => uint256 value) private _failedValue;
    /// @notice Wei of messages that have failed on L2 and can be tried again.
    uint256 public failedValue;
    mapping(string what => uint256 count) public done;

    constructor() {
        L1_MESSENGER = new L1Messenger(IInbox(address(INBOX)), IPortal(address(PORTAL)));
        _ALIAS = AccountAlias.aliasOf(address(L1_MESSENGER));
        _bridges[0][0] = new L1ERC20Bridge(L1_MESSENGER);
        _bridges[0][1] = new L1ERC721Bridge(L1_MESSENGER);
        _bridges[0][2] = new L1ERC1155Bridge(L1_MESSENGER);
        vm.etch(Predeploys.OUTBOX, address(new QueueingOutbox()).code);
        vm.etch(Predeploys.WRAPPED_ETHER, address(new WrappedEther()).code);
        _predeploy(Predeploys.MESSENGER, address(new L2Messenger()), address(L1_MESSENGER));
        _predeploy(Predeploys.ERC20_BRIDGE, address(new L2ERC20Bridge()), address(_bridges[0][0]));
        _predeploy(Predeploys.ERC721_BRIDGE, address(new L2ERC721Bridge()), address(_bridges[0][1]));
        _predeploy(Predeploys.ERC1155_BRIDGE, address(new L2ERC1155Bridge()), address(_bridges[0][2]));
        _bridges[1] = [
            ITokenBridge(Predeploys.ERC20_BRIDGE),
            ITokenBridge(Predeploys.ERC721_BRIDGE),
            ITokenBridge(Predeploys.ERC1155_BRIDGE)
        ];
        for (uint256 layer = 0; layer < 2; ++layer) {
            _natives[layer][0] = address(new TrickyERC20("Coin", "C", 6));
            _natives[layer][1] = address(new SimpleERC721("Collectible", "L", "ipfs://collectible"));
            _natives[layer][2] = address(new SimpleERC1155("ipfs://{id}"));
            _endow(layer);
        }
    }

    // ------------------------------------------------------------------------------------------------- moves

    /// @notice Sends a token that is native to the layer, or one that stands for another, if the user has some.
    function send(uint256 seed, bool fromL2, uint256 standard, uint256 user, uint256 id, uint256 amount) external {
        standard = bound(standard, 0, 2);
        uint256 layer = fromL2 ? 1 : 0;
        address account = users[bound(user, 0, 2)];
        id = standard == 0 ? 0 : bound(id, 0, standard == 1 ? COLLECTIBLES - 1 : KINDS - 1);
        bool isNative = seed % 2 == 0;
        address token = isNative ? _natives[layer][standard] : representation(1 - layer, standard);
        if (token == address(0)) return;
        uint256 has = balanceOf(standard, token, account, id);
        if (has == 0) return;
        amount = standard == 1 ? 1 : bound(amount, 1, has < 1e20 ? has : 1e20);
        Delivery memory delivery = _deliveryOf(seed >> 8);
        uint256 paid = delivery.value + (fromL2 ? 0 : FEE);
        vm.deal(account, paid);
        vm.prank(account);
        (bool success, bytes memory result) = address(_bridges[layer][standard]).call{value: paid}(
            _sendCall(Standard(standard), token, id, amount, delivery)
        );
        assertHolds("what a user has can be sent", success);
        uint256 nonce = abi.decode(result, (uint256));
        Transfer storage transfer = _transfers[layer][nonce];
        assertEqual("a nonce is new", transfer.amount, 0);
        Layer home = Layer(isNative ? layer : 1 - layer);
        _transfers[layer][nonce] = Transfer(
            Standard(standard),
            home,
            id,
            amount,
            delivery.value,
            delivery.recipient,
            false
        );
        _nonces[layer].push(nonce);
        ++done[isNative ? "sent" : "sent back"];
    }

    /// @notice Sends the description of a token again.
    function announce(bool fromL2, uint256 standard) external {
        standard = bound(standard, 0, 2);
        uint256 layer = fromL2 ? 1 : 0;
        vm.deal(address(this), FEE);
        _bridges[layer][standard].announce{value: fromL2 ? 0 : FEE}(_natives[layer][standard], users[0]);
        ++done["announced"];
    }

    /// @notice Runs the L2 transaction of a message of the Inbox, once, in any order, with its gas or with less.
    function runDeposit(uint256 index, uint256 gas, bool withLess) external {
        uint256 count = INBOX.messageCount();
        if (count == 0) return;
        // Of those that have not run, the next one.
        index = bound(index, 0, count - 1);
        while (_hasRun[index]) if (++index == count) return;
        _hasRun[index] = true;

        QueueingInbox.Message memory enqueued = INBOX.message(index);
        CrossDomainMessage memory message = this.messageOf(enqueued.data);
        bytes32 messageHash = _hashOf(message);
        RelayStatus before = _statusOf(messageHash);
        uint256 intrinsic = 21_000 + 16 * enqueued.data.length;
        gas = withLess ? bound(gas, 0, enqueued.gasLimit - intrinsic) : enqueued.gasLimit - intrinsic;
        uint256 held = _received(message.nonce, 0);

        RECIPIENT.prepare(Predeploys.MESSENGER, abi.encodeCall(IL2Messenger.replayMessage, (message)));
        vm.deal(_ALIAS, enqueued.mint);
        vm.prank(_ALIAS);
        (bool success, ) = enqueued.to.call{value: enqueued.value, gas: gas}(enqueued.data);
        vm.deal(_ALIAS, 0);

        RelayStatus status = _statusOf(messageHash);
        assertHolds(
            "runs if and only if it is the first to arrive, or had no gas",
            !success || before == RelayStatus.None
        );
        if (!success) {
            assertHolds("nothing changed", status == before);
            assertHolds("with its gas a message that has not arrived runs", withLess || before != RelayStatus.None);
            ++done["did not run"];
        } else if (status == RelayStatus.Relayed) {
            _arrived(0, message.nonce, held);
            ++done["relayed"];
        } else {
            assertHolds("failed", status == RelayStatus.Failed);
            _failedValue[messageHash] = message.value;
            failedValue += message.value;
            ++done["failed"];
        }
    }

    /// @notice Tries a message again, whether or not it has failed, with much gas or little.
    function replay(uint256 index, uint256 gas, bool withLess) external {
        if (INBOX.messageCount() == 0) return;
        QueueingInbox.Message memory enqueued = INBOX.message(bound(index, 0, INBOX.messageCount() - 1));
        CrossDomainMessage memory message = this.messageOf(enqueued.data);
        bytes32 messageHash = _hashOf(message);
        RelayStatus before = _statusOf(messageHash);
        uint256 held = _received(message.nonce, 0);
        RECIPIENT.prepare(Predeploys.MESSENGER, abi.encodeCall(IL2Messenger.replayMessage, (message)));
        (bool success, ) = Predeploys.MESSENGER.call{gas: withLess ? bound(gas, 0, message.minimumGas) : 20_000_000}(
            abi.encodeCall(IL2Messenger.replayMessage, (message))
        );
        assertHolds("only what failed is replayed", !success || before == RelayStatus.Failed);
        if (!success) {
            assertHolds("stays as it is", _statusOf(messageHash) == before);
            ++done["replay refused"];
            return;
        }
        assertHolds("needs its gas", !withLess);
        failedValue -= _failedValue[messageHash];
        _failedValue[messageHash] = 0;
        _arrived(0, message.nonce, held);
        ++done["replayed"];
    }

    /// @notice Sends again a message that was sent.
    function resend(uint256 index) external {
        if (INBOX.messageCount() == 0) return;
        index = bound(index, 0, INBOX.messageCount() - 1);
        QueueingInbox.Message memory enqueued = INBOX.message(index);
        if (enqueued.sender != _ALIAS) return;
        vm.deal(address(this), enqueued.value + FEE);
        L1_MESSENGER.resendMessage{value: enqueued.value + FEE}(
            this.messageOf(enqueued.data),
            _opening(index, enqueued),
            enqueued.gasLimit,
            users[1]
        );
        ++done["sent again"];
    }

    /// @notice Executes a message of the Outbox that was not, in any order, with the gas it asks for or less.
    function execute(uint256 index, uint256 gas, bool withLess) external {
        QueueingOutbox outbox = QueueingOutbox(Predeploys.OUTBOX);
        uint256 count = outbox.count();
        if (count == 0) return;
        index = bound(index, 0, count - 1);
        while (_isExecuted[index]) if (++index == count) return;

        QueueingOutbox.Message memory queued = outbox.message(index);
        CrossDomainMessage memory message = this.messageOf(queued.data);
        uint256 held = _received(message.nonce, 1);
        RECIPIENT.prepare(address(0), "");
        vm.deal(address(PORTAL), queued.value);
        bool success = PORTAL.execute(
            queued.sender,
            queued.target,
            queued.value,
            withLess ? bound(gas, 0, message.minimumGas) : queued.minimumGas,
            queued.data
        );
        if (!success) {
            ++done["not executed"];
            return;
        }
        assertHolds("needs its gas", !withLess);
        _isExecuted[index] = true;
        _arrived(1, message.nonce, held);
        ++done["executed"];
    }

    /// @notice Tries to have messages relayed, or bridges called, that nobody sent.
    function forge(uint256 seed, uint256 amount, uint256 standard) external {
        standard = bound(standard, 0, 2);
        uint256 layer = seed % 2;
        address token = _natives[layer][standard];
        bytes memory call = _releaseCall(Standard(standard), token, seed % KINDS, bound(amount, 1, 1e20));
        ITokenBridge bridge = _bridges[layer][standard];
        vm.prank(FORGER);
        (bool success, ) = address(bridge).call(call);
        assertHolds("a bridge called by anybody", !success);

        CrossDomainMessage memory message = CrossDomainMessage({
            nonce: seed,
            sender: bridge.otherBridge(),
            target: address(bridge),
            value: 0,
            minimumGas: 0,
            data: call
        });
        bytes memory relay = abi.encodeCall(IMessenger.relayMessage, (message));
        vm.prank(FORGER);
        (success, ) = address(L1_MESSENGER).call(relay);
        assertHolds("relayed by anybody on L1", !success);
        vm.prank(FORGER);
        (success, ) = Predeploys.MESSENGER.call(relay);
        assertHolds("relayed by anybody on L2", !success);
        vm.prank(FORGER);
        (success, ) = Predeploys.MESSENGER.call(abi.encodeCall(IL2Messenger.replayMessage, (message)));
        assertHolds("replayed what never came", !success);
        success = PORTAL.execute(FORGER, address(L1_MESSENGER), 0, 10_000_000, relay);
        assertHolds("sent by the Outbox for another", !success);
        vm.prank(FORGER);
        (success, ) = address(L1_MESSENGER).call(
            abi.encodeCall(
                IL1Messenger.resendMessage,
                (message, IL1Messenger.Enqueued(0, 0, 0, 0, FORGER), 10_000_000, FORGER)
            )
        );
        assertHolds("sent again what never was", !success);
        _forgeByMessenger(message, relay);
        ++done["forged"];
    }

    /// @notice Changes the mind of the recipient.
    function setRefusing(bool refusing) external {
        RECIPIENT.setRefusing(refusing);
        ++done[refusing ? "refuses" : "takes"];
    }

    /// @notice Gives a bridge tokens that nobody sent.
    function donate(uint256 amount, bool toL2) external {
        uint256 layer = toL2 ? 1 : 0;
        TrickyERC20(_natives[layer][0]).mint(address(_bridges[layer][0]), bound(amount, 0, 1e20));
        ++done["donated"];
    }

    /// @notice Wraps or unwraps ETH.
    function wrap(uint256 user, uint256 amount, bool unwraps) external {
        WrappedEther weth = WrappedEther(payable(Predeploys.WRAPPED_ETHER));
        address account = users[bound(user, 0, 2)];
        amount = bound(amount, 0, 1e20);
        if (unwraps) amount = amount % (weth.balanceOf(account) + 1);
        uint256 before = weth.balanceOf(account);
        vm.deal(account, amount);
        vm.prank(account);
        if (unwraps) weth.withdraw(amount);
        else weth.deposit{value: amount}();
        assertEqual("WETH", weth.balanceOf(account), unwraps ? before - amount : before + amount);
        assertEqual("ETH", account.balance, unwraps ? 2 * amount : 0);
        ++done[unwraps ? "unwrapped" : "wrapped"];
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @notice Amount of a native token, or of one of its ids, that is on its way in either direction.
    function onItsWay(uint256 home, uint256 standard, uint256 id) external view returns (uint256 amount) {
        for (uint256 from = 0; from < 2; ++from) {
            for (uint256 i = 0; i < _nonces[from].length; ++i) {
                Transfer storage transfer = _transfers[from][_nonces[from][i]];
                if (
                    !transfer.arrived &&
                    uint256(transfer.home) == home &&
                    uint256(transfer.standard) == standard &&
                    transfer.id == id
                ) amount += transfer.amount;
            }
        }
    }

    /// @notice What stands for a token of `home` on the other layer; zero if nothing does.
    function representation(uint256 home, uint256 standard) public view returns (address) {
        return _bridges[1 - home][standard].representationOf(_natives[home][standard]);
    }

    /// @notice Amount of what stands for a token that there is.
    function supplyOf(uint256 home, uint256 standard, uint256 id) external view returns (uint256 supply) {
        address token = representation(home, standard);
        if (token == address(0)) return 0;
        if (standard == 0) return IERC20(token).totalSupply();
        supply = balanceOf(standard, token, address(RECIPIENT), id);
        for (uint256 i = 0; i < users.length; ++i) supply += balanceOf(standard, token, users[i], id);
    }

    function escrowed(uint256 home, uint256 standard, uint256 id) external view returns (uint256) {
        address bridge = address(_bridges[home][standard]);
        address token = _natives[home][standard];
        if (standard == 0) return IERC20Bridge(bridge).escrowed(token);
        if (standard == 1) return IERC721Bridge(bridge).escrowed(token, id) ? 1 : 0;
        return IERC1155Bridge(bridge).escrowed(token, id);
    }

    function heldByBridge(uint256 home, uint256 standard, uint256 id) external view returns (uint256) {
        return balanceOf(standard, _natives[home][standard], address(_bridges[home][standard]), id);
    }

    function bridgeAt(uint256 layer, uint256 standard) external view returns (address) {
        return address(_bridges[layer][standard]);
    }

    function balanceOf(uint256 standard, address token, address account, uint256 id) public view returns (uint256) {
        if (standard == 0) return IERC20(token).balanceOf(account);
        if (standard == 2) return IERC1155(token).balanceOf(account, id);
        try IERC721(token).ownerOf(id) returns (address owner) {
            return owner == account ? 1 : 0;
        } catch {
            return 0;
        }
    }

    /// @notice The message in a call of `relayMessage`.
    function messageOf(bytes calldata relay) external pure returns (CrossDomainMessage memory) {
        return abi.decode(relay[4:], (CrossDomainMessage));
    }

    // ------------------------------------------------------------------------------------------------- internals

    function _predeploy(address at, address model, address counterpart) private {
        vm.etch(at, model.code);
        vm.store(at, bytes32(0), bytes32(uint256(uint160(counterpart))));
    }

    function _endow(uint256 layer) private {
        uint256[] memory ids = new uint256[](KINDS);
        uint256[] memory amounts = new uint256[](KINDS);
        for (uint256 i = 0; i < KINDS; ++i) (ids[i], amounts[i]) = (i, SUPPLY);
        for (uint256 i = 0; i < COLLECTIBLES; ++i) SimpleERC721(_natives[layer][1]).mint(users[i % 3], i);
        for (uint256 i = 0; i < users.length; ++i) {
            TrickyERC20(_natives[layer][0]).mint(users[i], SUPPLY);
            SimpleERC1155(_natives[layer][2]).mint(users[i], ids, amounts);
            vm.prank(users[i]);
            IERC20(_natives[layer][0]).approve(address(_bridges[layer][0]), type(uint256).max);
            vm.prank(users[i]);
            IERC721(_natives[layer][1]).setApprovalForAll(address(_bridges[layer][1]), true);
            vm.prank(users[i]);
            IERC1155(_natives[layer][2]).setApprovalForAll(address(_bridges[layer][2]), true);
        }
    }

    /// @dev Half of all go to the recipient that may refuse, with a call or without.
    function _deliveryOf(uint256 seed) private view returns (Delivery memory) {
        bool toContract = seed % 2 == 0;
        bool hasData = toContract && (seed >> 1) % 2 == 0;
        return
            Delivery({
                recipient: toContract ? address(RECIPIENT) : users[(seed >> 2) % 3],
                value: (seed >> 4) % 3 == 0 ? 0 : (seed >> 8) % 1 ether,
                data: hasData ? bytes("data") : bytes(""),
                minimumGas: hasData ? 300_000 : 0,
                refundTo: users[2]
            });
    }

    function _sendCall(
        Standard standard,
        address token,
        uint256 id,
        uint256 amount,
        Delivery memory delivery
    ) private pure returns (bytes memory) {
        if (standard == Standard.ERC20) return abi.encodeCall(IERC20Bridge.send, (token, amount, delivery));
        if (standard == Standard.ERC721) return abi.encodeCall(IERC721Bridge.send, (token, id, delivery));
        return abi.encodeCall(IERC1155Bridge.send, (token, _single(id), _single(amount), delivery));
    }

    function _releaseCall(
        Standard standard,
        address token,
        uint256 id,
        uint256 amount
    ) private pure returns (bytes memory) {
        if (standard == Standard.ERC20)
            return abi.encodeCall(IERC20Bridge.release, (token, FORGER, amount, FORGER, ""));
        if (standard == Standard.ERC721) return abi.encodeCall(IERC721Bridge.release, (token, FORGER, id, FORGER, ""));
        return abi.encodeCall(IERC1155Bridge.release, (token, FORGER, _single(id), _single(amount), FORGER, ""));
    }

    /// @dev The forger's own messages: they arrive, with the forger as sender, or never leave.
    function _forgeByMessenger(CrossDomainMessage memory message, bytes memory relay) private {
        address[4] memory targets = [message.target, Predeploys.OUTBOX, address(INBOX), address(L1_MESSENGER)];
        bytes[4] memory calls = [
            message.data,
            abi.encodeCall(QueueingOutbox.sendMessage, (address(L1_MESSENGER), 0, relay)),
            abi.encodeCall(QueueingInbox.sendMessage, (Predeploys.MESSENGER, 0, 10_000_000, relay, FORGER)),
            relay
        ];
        for (uint256 i = 0; i < targets.length; ++i) {
            CrossDomainMessage memory own = CrossDomainMessage(i, FORGER, targets[i], 0, 0, calls[i]);
            uint256 outboxCount = QueueingOutbox(Predeploys.OUTBOX).count();
            uint256 inboxCount = INBOX.messageCount();
            PORTAL.execute(
                Predeploys.MESSENGER,
                address(L1_MESSENGER),
                0,
                10_000_000,
                abi.encodeCall(IMessenger.relayMessage, (own))
            );
            // On L2 they are known: as often as they come, they are relayed once. The nonce makes them new.
            own.nonce = uint256(keccak256(abi.encode(message, i, done["forged"])));
            vm.prank(_ALIAS);
            IMessenger(Predeploys.MESSENGER).relayMessage(own);
            if (targets[i] == address(INBOX) || targets[i] == Predeploys.OUTBOX) {
                assertHolds("nothing is sent in the messenger's name", _nothingForged(outboxCount, inboxCount));
            } else {
                assertEqual("no message to L1", QueueingOutbox(Predeploys.OUTBOX).count(), outboxCount);
                assertEqual("no message to L2", INBOX.messageCount(), inboxCount);
            }
        }
    }

    /// @dev Both layers are in one EVM: what one messenger may call, as it is nothing there, is what the other may not. The messages it
    /// makes are told from those of their own messenger by their sender, and are not delivered.
    function _nothingForged(uint256 outboxCount, uint256 inboxCount) private returns (bool) {
        for (uint256 i = outboxCount; i < QueueingOutbox(Predeploys.OUTBOX).count(); ++i) {
            if (QueueingOutbox(Predeploys.OUTBOX).message(i).sender == Predeploys.MESSENGER) return false;
            _isExecuted[i] = true;
        }
        for (uint256 i = inboxCount; i < INBOX.messageCount(); ++i) {
            if (INBOX.message(i).sender == _ALIAS) return false;
            _hasRun[i] = true;
        }
        return true;
    }

    function _opening(
        uint256 index,
        QueueingInbox.Message memory enqueued
    ) private pure returns (IL1Messenger.Enqueued memory) {
        return
            IL1Messenger.Enqueued({
                index: index,
                enqueuedAt: enqueued.enqueuedAt,
                mint: enqueued.mint,
                gasLimit: enqueued.gasLimit,
                refundTo: enqueued.refundTo
            });
    }

    /// @dev Notes that a message took effect: for the first time, and with what was sent.
    function _arrived(uint256 from, uint256 nonce, uint256 held) private {
        Transfer storage transfer = _transfers[from][nonce];
        if (transfer.amount == 0) return;
        assertHolds("a message takes effect once", !transfer.arrived);
        assertHolds("nothing is replayed from within", !RECIPIENT.hasSucceeded());
        transfer.arrived = true;
        assertEqual("the recipient has what was sent", _received(nonce, from) - held, transfer.amount);
    }

    /// @dev What the recipient of a message has of its token.
    function _received(uint256 nonce, uint256 from) private view returns (uint256) {
        Transfer storage transfer = _transfers[from][nonce];
        if (transfer.amount == 0) return 0;
        uint256 standard = uint256(transfer.standard);
        uint256 home = uint256(transfer.home);
        address token = home == from ? representation(home, standard) : _natives[home][standard];
        return token == address(0) ? 0 : balanceOf(standard, token, transfer.recipient, transfer.id);
    }

    function _statusOf(bytes32 messageHash) private view returns (RelayStatus) {
        return IL2Messenger(Predeploys.MESSENGER).statusOf(messageHash);
    }

    function _hashOf(CrossDomainMessage memory self) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(self.nonce, self.sender, self.target, self.value, self.minimumGas, keccak256(self.data))
            );
    }

    function _single(uint256 value) private pure returns (uint256[] memory values) {
        values = new uint256[](1);
        values[0] = value;
    }
}

/// @title Bridges under random use
contract BridgesInvariantTest is InvariantTest {
    BridgesHandler private _handler;

    function setUp() external {
        vm.warp(1_700_000_000);
        _handler = new BridgesHandler();
        setHandler(address(_handler));
    }

    function invariant_WhatABridgeOwesIsTheSupplyOfTheRepresentationAndWhatIsOnItsWay() external view {
        for (uint256 home = 0; home < 2; ++home) {
            for (uint256 standard = 0; standard < 3; ++standard) {
                for (uint256 id = 0; id < _idsOf(standard); ++id) {
                    uint256 owed = _handler.escrowed(home, standard, id);
                    assertEqual(
                        "owed",
                        owed,
                        _handler.supplyOf(home, standard, id) + _handler.onItsWay(home, standard, id)
                    );
                    assertHolds("held", _handler.heldByBridge(home, standard, id) >= owed);
                }
            }
        }
    }

    function invariant_EtherIsWithTheMessengerOfL2IfItsMessageFailedAndWithWethIfWrapped() external view {
        assertEqual("messenger of L2", Predeploys.MESSENGER.balance, _handler.failedValue());
        assertEqual("messenger of L1", address(_handler.L1_MESSENGER()).balance, 0);
        uint256 supply = IERC20(Predeploys.WRAPPED_ETHER).totalSupply();
        assertEqual("WETH", supply, Predeploys.WRAPPED_ETHER.balance);
        for (uint256 standard = 0; standard < 3; ++standard) {
            assertEqual("bridge of L1", _handler.bridgeAt(0, standard).balance, 0);
            assertEqual("bridge of L2", _handler.bridgeAt(1, standard).balance, 0);
        }
    }

    function test_TheHandlerReachesEveryCase() external {
        // Native to L1, there and back.
        for (uint256 standard = 0; standard < 3; ++standard) {
            _handler.send(256, false, standard, 0, 0, 5);
            _handler.runDeposit(standard, 0, false);
        }
        assertEqual("relayed", _handler.done("relayed"), 3);
        for (uint256 standard = 0; standard < 3; ++standard) _handler.send(257, true, standard, 0, 0, 5);
        assertEqual("sent back", _handler.done("sent back"), 3);
        for (uint256 index = 0; index < 3; ++index) {
            _handler.execute(index, 0, true);
            _handler.execute(index, 0, false);
        }
        assertEqual("executed", _handler.done("executed"), 3);
        assertEqual("not executed", _handler.done("not executed"), 3);
        // A recipient that refuses, then takes.
        _handler.setRefusing(true);
        _handler.send((1 << 20) << 8, false, 0, 0, 0, 5);
        _handler.runDeposit(3, 0, false);
        assertEqual("failed", _handler.done("failed"), 1);
        assertHolds("holds", _handler.failedValue() == ((1 << 20) >> 8));
        _handler.replay(3, 0, false);
        assertEqual("refused", _handler.done("replay refused"), 1);
        _handler.setRefusing(false);
        _handler.replay(3, 0, true);
        _handler.replay(3, 0, false);
        assertEqual("replayed", _handler.done("replayed"), 1);
        _handler.resend(3);
        _handler.runDeposit(4, 0, false);
        assertEqual("did not run", _handler.done("did not run"), 1);
        // No gas, sent again.
        _handler.send(256, false, 0, 1, 0, 5);
        _handler.runDeposit(5, 0, true);
        _handler.resend(5);
        _handler.runDeposit(6, 0, false);
        assertEqual("relayed", _handler.done("relayed"), 4);
        for (uint256 seed = 0; seed < 6; ++seed) _handler.forge(seed, 1, seed / 2);
        _handler.wrap(0, 5, false);
        _handler.wrap(0, 3, true);
        _handler.announce(true, 1);
        _handler.donate(5, false);
    }

    function _idsOf(uint256 standard) private view returns (uint256) {
        return
            standard == 0
                ? 1
                : standard == 1
                    ? _handler.COLLECTIBLES()
                    : _handler.KINDS();
    }
}
