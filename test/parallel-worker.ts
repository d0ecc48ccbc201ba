// Mocha loads this into each of its worker processes. Hardhat gives them a loader of TypeScript by their environment; what
// tests start is to run as it runs outside of tests.
delete process.env["NODE_OPTIONS"];
