import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Attack, toCredential, toMessage } from "./attack.ts";
import { judge, type Outcome } from "./outcome.ts";
import type { Target } from "./targets.ts";

/** Silence after which a proxy has said what it will say, in milliseconds. */
const SILENCE = 400;
/** Longest wait for a proxy that neither answers nor closes, in milliseconds. */
const PATIENCE = 8_000;

/** Sends one attack, then a request by right: that one has to come through as it is, whatever the attack left behind. */
export async function tryAttack(attack: Attack, target: Target, number: number): Promise<Outcome> {
  const { model, person, port } = target;
  const before = model.arrivals.length;
  const answer = await send(port, attack.bytes(person));
  const agent = `after-attack-${number}`;
  const question = [toCredential(person), `User-Agent: ${agent}`, "Content-Type: application/json"];
  const after = await send(
    port,
    toMessage("POST /api/embed HTTP/1.1", [...question, "Content-Length: 4", "Connection: close"], "true"),
  );
  const isWell = after.startsWith("HTTP/1.1 200 ") && after.includes(JSON.stringify({ asked: "POST /api/embed", agent }));
  const arrivals = model.arrivals
    .slice(before)
    .filter(({ request }) => !(request?.target === "/api/embed" && request.headers.some(([, value]) => value === agent)));
  return judge(attack, person, { answer, arrivals, isWell });
}

/** All that is answered until the connection ends. Where nothing more is said, this end says that it has said all. */
async function send(port: number, bytes: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
  let answer = "";
  let heard = 0;
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    answer += text;
    heard = performance.now();
  });
  socket.on("end", () => socket.end());
  socket.on("error", () => {});
  socket.write(Buffer.from(bytes, "latin1"));
  const begun = performance.now();
  while (!socket.closed && performance.now() - begun < PATIENCE) {
    await sleep(5);
    const now = performance.now();
    const hasSaidAll = answer !== "" && now - heard > SILENCE;
    // A password may take more than a second to be looked at, so that no answer is waited for longer.
    const saysNothing = answer === "" && now - begun > SILENCE * 6;
    if (hasSaidAll || saysNothing) socket.end();
    if ((hasSaidAll && now - heard > SILENCE * 2) || (saysNothing && now - begun > SILENCE * 8)) break;
  }
  socket.destroy();
  return answer;
}
