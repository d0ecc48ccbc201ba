const { expect } = require("chai");
const { ethers, ignition, network, upgrades } = require("hardhat");
const helpers = require("@nomicfoundation/hardhat-network-helpers");
const CounterModule = require("../ignition/modules/counter.js");

describe("A project of Hardhat 2", () => {
  async function deployed() {
    const [owner, other] = await ethers.getSigners();
    const counter = await ethers.deployContract("Counter", [1]);
    await counter.waitForDeployment();
    return { counter, owner, other };
  }

  it("deploys in a fixture", async () => {
    const { counter, owner } = await helpers.loadFixture(deployed);
    await expect(counter.setNumber(2)).to.emit(counter, "NumberSet").withArgs(owner, 2);
  });

  it("finds the fixture as it was", async () => {
    const { counter } = await helpers.loadFixture(deployed);
    expect(await counter.number()).to.equal(1);
    await expect(counter.setNumber(1001)).to.be.revertedWithCustomError(counter, "TooLarge").withArgs(1001, 1000);
    await expect(counter.refuse()).to.be.revertedWith("never");
  });

  it("sees balances change", async () => {
    const { counter, owner, other } = await helpers.loadFixture(deployed);
    await expect(counter.setNumber(3, { value: 7 })).to.changeEtherBalances([owner, counter], [-7, 7]);
    await expect(() => owner.sendTransaction({ to: other, value: 9 })).to.changeEtherBalance(other, 9);
  });

  it("mines, moves the clock and sets a balance", async () => {
    const before = await helpers.time.latest();
    await helpers.time.increase(100);
    expect(await helpers.time.latest()).to.be.least(before + 100);
    const height = await helpers.time.latestBlock();
    await helpers.mine(3);
    expect(await helpers.time.latestBlock()).to.equal(height + 3);
    const target = ethers.Wallet.createRandom().address;
    await helpers.setBalance(target, 10n ** 18n);
    expect(await ethers.provider.getBalance(target)).to.equal(10n ** 18n);
  });

  it("impersonates", async () => {
    const { counter, other } = await helpers.loadFixture(deployed);
    const stranger = ethers.Wallet.createRandom().address;
    await helpers.setBalance(stranger, 10n ** 18n);
    await expect(counter.connect(await ethers.getImpersonatedSigner(stranger)).setNumber(4))
      .to.emit(counter, "NumberSet")
      .withArgs(stranger, 4);
    expect(other.address).to.not.equal(stranger);
  });

  it("waits for more than one confirmation", async () => {
    const { counter } = await deployed();
    const sent = await counter.setNumber(8);
    await helpers.mine(1);
    expect((await sent.wait(2)).status).to.equal(1);
  });

  it("deploys with Ignition", async () => {
    const { counter } = await ignition.deploy(CounterModule);
    expect(await counter.number()).to.equal(5);
  });

  it("deploys and upgrades with OpenZeppelin's plugin", async () => {
    const proxy = await upgrades.deployProxy(await ethers.getContractFactory("Upgradeable"), [41]);
    await proxy.waitForDeployment();
    const upgraded = await upgrades.upgradeProxy(proxy, await ethers.getContractFactory("Upgraded"));
    await (await upgraded.add()).wait();
    expect(await upgraded.number()).to.equal(42);
    expect(network.name).to.be.oneOf(["onestep", "l1"]);
  });
});
