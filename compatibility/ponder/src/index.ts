import { ponder } from "ponder:registry";
import { block, call, deposit, numberSet } from "ponder:schema";

ponder.on("Counter:NumberSet", async ({ event, context }) => {
  const { number } = event.args;
  await context.db.insert(numberSet).values({ id: event.id, block: event.block.number, number });
});
ponder.on("Counter.setNumber()", async ({ event, context }) => {
  await context.db.insert(call).values({ id: event.id, number: event.args[0] });
});
ponder.on("Depositor:transaction:from", async ({ event, context }) => {
  const { hash, type, nonce } = event.transaction;
  await context.db.insert(deposit).values({ id: hash, type, nonce });
});
ponder.on("Every:block", async ({ event, context }) => {
  await context.db.insert(block).values({ number: event.block.number, hash: event.block.hash });
});
