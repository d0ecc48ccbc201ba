import { defineMethod } from "../../node.ts";

export const listening = defineMethod("net_listening", [], () => true);
