export { createEthereumjsEngine } from "./engine.ts";
