import { defineMethod } from "../../node.ts";

/** The version of Otterscan's methods that is spoken here. */
const API_LEVEL = 8;

export const getApiLevel = defineMethod("ots_getApiLevel", [], () => API_LEVEL);
