/**
 * Writes keys, usage and audit entries into the store of a place (JSON, as the first argument) until it is killed, and
 * says each on standard output when the store has said that it is kept. The second argument tells writers apart.
 */
import { writeSync } from "node:fs";
import { createKey, revokeKey } from "../keys/key-acts.ts";
import type { DataPlace } from "../store/data-place.ts";
import { openStore } from "../store/open-store.ts";
import { aWish, anActor } from "./a-wish.ts";

const [placeText = "", writer = ""] = process.argv.slice(2);
const place: DataPlace = JSON.parse(placeText);
const open = await openStore(place);
for (let number = 1; ; number += 1) {
  const name = `${writer}-${number}`;
  const { key } = await createKey(open, aWish(name), anActor());
  say(`key ${key.id}`);
  const tokens = { promptTokens: 1, answerTokens: 1 };
  await open.store.addUsage([{ keyId: writer, model: "m", at: 0, requests: 1, failed: 0, ...tokens }]);
  say("usage");
  const act = { ...anActor(), act: "start", detail: name, keyId: null };
  say(`entry ${(await open.store.addAct(act)).number}`);
  if (number % 3 === 0) {
    await revokeKey(open, key.id, false, anActor());
    say(`revoked ${key.id}`);
  }
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
