import { concatHex, decodeEventLog, encodeFunctionData, pad, toHex } from "viem";
import { loadArtifact } from "../artifact.ts";
import type { Deployed } from "../client.ts";
import { ether, expectEqual, expectTrue, type Scenario } from "./scenario.ts";

const ERC20 = loadArtifact("openzeppelin-contracts-4/build/contracts/ERC20PresetMinterPauser.json");
const ENTRY_POINT = loadArtifact("@account-abstraction/contracts/artifacts/EntryPoint.json");
const ACCOUNT_FACTORY = loadArtifact("@account-abstraction/contracts/artifacts/SimpleAccountFactory.json");
const ACCOUNT = loadArtifact("@account-abstraction/contracts/artifacts/SimpleAccount.json");
const SAFE_ARTIFACTS = "@safe-global/safe-contracts/build/artifacts/contracts";
const SAFE = loadArtifact(`${SAFE_ARTIFACTS}/Safe.sol/Safe.json`);
const SAFE_FACTORY = loadArtifact(`${SAFE_ARTIFACTS}/proxies/SafeProxyFactory.sol/SafeProxyFactory.json`);
const SAFE_HANDLER = loadArtifact(
  `${SAFE_ARTIFACTS}/handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json`,
);

const ZERO_ADDRESS = `0x${"00".repeat(20)}` as const;

const USER_OPERATION_TYPES = {
  PackedUserOperation: [
    { name: "sender", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "initCode", type: "bytes" },
    { name: "callData", type: "bytes" },
    { name: "accountGasLimits", type: "bytes32" },
    { name: "preVerificationGas", type: "uint256" },
    { name: "gasFees", type: "bytes32" },
    { name: "paymasterAndData", type: "bytes" },
  ],
};

const SAFE_TYPES = {
  SafeTx: [
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "data", type: "bytes" },
    { name: "operation", type: "uint8" },
    { name: "safeTxGas", type: "uint256" },
    { name: "baseGas", type: "uint256" },
    { name: "gasPrice", type: "uint256" },
    { name: "gasToken", type: "address" },
    { name: "refundReceiver", type: "address" },
    { name: "nonce", type: "uint256" },
  ],
};

/** Two 128-bit numbers in a word, as ERC-4337 packs gas limits and fees. */
const packed = (high: bigint, low: bigint): `0x${string}` =>
  concatHex([pad(toHex(high), { size: 16 }), pad(toHex(low), { size: 16 })]);

export const accounts: readonly Scenario[] = [
  {
    name: "ERC-4337: a user operation creates an account and moves tokens, paid by the account",
    async run(client) {
      const [bundler, owner, receiver] = client.accounts as [`0x${string}`, `0x${string}`, `0x${string}`];
      const entryPoint = await client.deploy(ENTRY_POINT);
      const factory = await client.deploy(ACCOUNT_FACTORY, [entryPoint.address]);
      const token = await client.deploy(ERC20, ["Token", "TKN"]);
      const account = await client.read<`0x${string}`>(factory, "getAddress", [owner, 7n]);
      await client.send(token, "mint", [account, ether(50)]);
      await client.send(entryPoint, "depositTo", [account], { value: ether(1) });

      const transfer = encodeFunctionData({
        abi: token.abi,
        functionName: "transfer",
        args: [receiver, ether(20)],
      });
      const operation = {
        sender: account,
        nonce: 0n,
        initCode: concatHex([
          factory.address,
          encodeFunctionData({ abi: factory.abi, functionName: "createAccount", args: [owner, 7n] }),
        ]),
        callData: encodeFunctionData({
          abi: ACCOUNT.abi,
          functionName: "execute",
          args: [token.address, 0n, transfer],
        }),
        accountGasLimits: packed(1_000_000n, 500_000n),
        preVerificationGas: 100_000n,
        gasFees: packed(1_000_000_000n, 2_000_000_000n),
        paymasterAndData: "0x" as const,
      };
      const signature = await client.signTypedData(
        1,
        { name: "ERC4337", version: "1", chainId: client.chainId, verifyingContract: entryPoint.address },
        USER_OPERATION_TYPES,
        "PackedUserOperation",
        operation,
      );
      const sent = await client.send(entryPoint, "handleOps", [[{ ...operation, signature }], bundler]);
      const events = sent.logs
        .filter((log) => log.address.toLowerCase() === entryPoint.address.toLowerCase())
        .map((log) =>
          decodeEventLog({ abi: entryPoint.abi, topics: log.topics as never, data: log.data as `0x${string}` }),
        );
      const result = events.find(({ eventName }) => eventName === "UserOperationEvent") as
        { args?: { success?: boolean } } | undefined;
      expectEqual(String(result?.args?.success), "true", "success of the user operation");
      expectEqual(await client.read(token, "balanceOf", [receiver]), ether(20), "tokens received");
      expectTrue(
        (await client.read<bigint>(entryPoint, "balanceOf", [account])) < ether(1),
        "the account paid for its operation",
      );
      expectEqual(
        await client.read({ address: account, abi: ACCOUNT.abi }, "owner"),
        owner,
        "owner of the created account",
      );
    },
  },
  {
    name: "Safe: two of three owners sign a payment",
    async run(client) {
      const owners = client.accounts;
      const receiver = "0x000000000000000000000000000000000005afe5";
      const singleton = await client.deploy(SAFE);
      const factory = await client.deploy(SAFE_FACTORY);
      const handler = await client.deploy(SAFE_HANDLER);
      const setup = encodeFunctionData({
        abi: SAFE.abi,
        functionName: "setup",
        args: [owners, 2n, ZERO_ADDRESS, "0x", handler.address, ZERO_ADDRESS, 0n, ZERO_ADDRESS],
      });
      const created = await client.send(factory, "createProxyWithNonce", [singleton.address, setup, 1n]);
      const log = created.logs.find(({ address }) => address.toLowerCase() === factory.address.toLowerCase());
      const event = decodeEventLog({
        abi: factory.abi,
        topics: log!.topics as never,
        data: log!.data as `0x${string}`,
      });
      const safe: Deployed = { address: (event.args as unknown as { proxy: `0x${string}` }).proxy, abi: SAFE.abi };
      await client.sendData(safe.address, "0x", { value: ether(2) });

      const payment = {
        to: receiver,
        value: ether(0.5),
        data: "0x",
        operation: 0,
        safeTxGas: 0n,
        baseGas: 0n,
        gasPrice: 0n,
        gasToken: ZERO_ADDRESS,
        refundReceiver: ZERO_ADDRESS,
      };
      const before = await client.balance(receiver);
      const signatures: { owner: string; signature: `0x${string}` }[] = [];
      for (const from of [0, 2]) {
        const signature = await client.signTypedData(
          from,
          { chainId: client.chainId, verifyingContract: safe.address },
          SAFE_TYPES,
          "SafeTx",
          { ...payment, nonce: 0n },
        );
        signatures.push({ owner: owners[from]!.toLowerCase(), signature });
      }
      // The Safe expects the signatures in the order of their signers' addresses.
      signatures.sort((a, b) => (a.owner < b.owner ? -1 : 1));
      await client.send(safe, "execTransaction", [
        payment.to,
        payment.value,
        payment.data,
        payment.operation,
        payment.safeTxGas,
        payment.baseGas,
        payment.gasPrice,
        payment.gasToken,
        payment.refundReceiver,
        concatHex(signatures.map(({ signature }) => signature)),
      ]);
      expectEqual((await client.balance(receiver)) - before, ether(0.5), "paid by the Safe");
      expectEqual(await client.read(safe, "nonce"), 1n, "nonce of the Safe");
    },
  },
];
