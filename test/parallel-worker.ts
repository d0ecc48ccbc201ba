// Mocha loads this into each of its worker processes.
import { fileURLToPath } from "node:url";

// Hardhat gives the workers a loader of TypeScript by their environment; what tests start is to run as it runs outside of tests.
delete process.env["NODE_OPTIONS"];
// Half the work of a start, as bin/onestep.js says.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(
  new URL("../node_modules/.cache/onestep-compiled", import.meta.url),
);
