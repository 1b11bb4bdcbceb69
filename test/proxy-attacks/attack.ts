/** Where a request is bent. */
export const ATTACK_GROUPS = ["path", "method", "framing", "credential", "headers"] as const;
export type AttackGroup = (typeof ATTACK_GROUPS)[number];

/** Somebody who is let in, for inference alone. */
export interface Person {
  /** Name of the header that shows who it is. */
  readonly header: string;
  /** Its value, such as `Bearer KEY`. */
  readonly value: string;
  /** The password or the key by itself. */
  readonly secret: string;
  /** What the proxy keeps to know it by. */
  readonly stored: string;
}

/** One try, as the bytes that are sent. */
export interface Attack {
  readonly group: AttackGroup;
  readonly name: { readonly en: string; readonly zh: string };
  /** One character a byte. */
  readonly bytes: (person: Person) => string;
  /** Requests that may reach the model server at most, as `METHOD /path`, because they are let through by right. */
  readonly may: readonly string[];
  /** Whether the attacker sends less than he announced, so that no answer is waited for. */
  readonly leaves: boolean;
}

/** Name, name in Chinese, bytes, and what may reach the model server. */
export type AttackRow = readonly [en: string, zh: string, bytes: Attack["bytes"], ...may: readonly string[]];

/** Rows of a table as attacks of one group. */
export function toAttacks(group: AttackGroup, rows: readonly AttackRow[]): readonly Attack[] {
  return rows.map(([en, zh, bytes, ...may]) => ({ group, name: { en, zh }, bytes, may, leaves: false }));
}

/** Stands in headers that must not reach the model server. */
export const MARK = "spoofed.example";
/** A route of inference, which a person is let in for. */
export const CHAT = "POST /api/chat";
/** A request for what nobody here is let in for, by nobody. */
export const SMUGGLED: string = [
  "POST /api/pull HTTP/1.1",
  "Host: model.example",
  "Content-Type: application/json",
  "Content-Length: 2",
  "Connection: close",
  "",
  "{}",
].join("\r\n");

/** A head with a Host, and what follows it. */
export function toMessage(requestLine: string, headers: readonly string[], body = ""): string {
  return [requestLine, "Host: model.example", ...headers, "", body].join("\r\n");
}

/** The header by which a person is let in. */
export function toCredential({ header, value }: Person): string {
  return `${header}: ${value}`;
}

/** A whole request with `{}` as its body, after which the connection ends. */
export function toRequest(requestLine: string, headers: readonly string[]): string {
  const framing = ["Content-Type: application/json", "Content-Length: 2", "Connection: close"];
  return toMessage(requestLine, [...headers, ...framing], "{}");
}
