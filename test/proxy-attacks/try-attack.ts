import { connect } from "node:net";
import { type Attack, toCredential, toMessage } from "./attack.ts";
import { judge, type Outcome } from "./outcome.ts";
import type { Target } from "./targets.ts";

/** Silence after which a proxy has said what it will say, in milliseconds. */
const SILENCE = 700;
/** Longest wait for a proxy that does not answer, in milliseconds: a wrong password may take seconds to be looked at. */
const PATIENCE = 15_000;

/** Sends one attack, then a request by right: that one has to come through as it is, whatever the attack left behind. */
export async function tryAttack(attack: Attack, target: Target, number: number): Promise<Outcome> {
  const { model, person, port } = target;
  const before = model.arrivals.length;
  const answer = await send(port, attack.bytes(person), attack.leaves ? SILENCE * 2 : PATIENCE);
  const agent = `after-attack-${number}`;
  const question = [toCredential(person), `User-Agent: ${agent}`, "Content-Type: application/json"];
  const after = await send(
    port,
    toMessage("POST /api/embed HTTP/1.1", [...question, "Content-Length: 4", "Connection: close"], "true"),
    PATIENCE,
  );
  const isWell =
    after.startsWith("HTTP/1.1 200 ") && after.includes(JSON.stringify({ asked: "POST /api/embed", agent }));
  const arrivals = model.arrivals
    .slice(before)
    .filter(({ head }) => !(head?.target === "/api/embed" && head.headers.some(([, value]) => value === agent)));
  return judge(attack, person, { answer, arrivals, isWell });
}

/** All that is answered until the connection ends, or nothing more comes. */
async function send(port: number, bytes: string, patience: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  let answer = "";
  let timer = setTimeout(resolve, patience);
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    answer += text;
    clearTimeout(timer);
    timer = setTimeout(resolve, SILENCE);
  });
  socket.on("error", () => {});
  socket.on("close", () => resolve());
  socket.write(Buffer.from(bytes, "latin1"));
  await promise;
  clearTimeout(timer);
  socket.destroy();
  return answer;
}
