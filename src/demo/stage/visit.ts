import { sendRequest } from "../../host/http-request.ts";
import type { Outcome } from "./orders.ts";

/** The part that is the stranger: asks a server for its models once, and prints how it went. */
export async function visit(address: string, port: number): Promise<void> {
  const result = await sendRequest({ method: "GET", address, port, path: "/api/tags" });
  const outcome: Outcome =
    result.kind === "answered"
      ? { outcome: result.kind, status: result.answer.status, body: result.answer.body }
      : { outcome: result.kind, status: null, body: "" };
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
