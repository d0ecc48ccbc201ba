const { buildModule } = require("@nomicfoundation/hardhat-ignition/modules");

module.exports = buildModule("Counter", (m) => {
  const counter = m.contract("Counter", [1]);
  m.call(counter, "setNumber", [5]);
  return { counter };
});
