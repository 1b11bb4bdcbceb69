import {
  type Attack,
  type AttackRow,
  CHAT,
  MARK,
  type Person,
  toAttacks,
  toCredential,
  toMessage,
  toRequest,
} from "./attack.ts";

type HeaderRow = readonly [en: string, zh: string, ...headers: readonly string[]];

/** Sent with the right credential; the mark in them must not reach the model server. */
const HEADERS: readonly HeaderRow[] = [
  ["`X-Forwarded-For`", "`X-Forwarded-For`", `X-Forwarded-For: ${MARK}`],
  ["`X-Forwarded-Host`", "`X-Forwarded-Host`", `X-Forwarded-Host: ${MARK}`],
  ["`X-Forwarded-Proto`", "`X-Forwarded-Proto`", `X-Forwarded-Proto: ${MARK}`],
  ["`X-Forwarded-User`", "`X-Forwarded-User`", `X-Forwarded-User: ${MARK}`],
  ["`X-Forwarded-Uri`", "`X-Forwarded-Uri`", `X-Forwarded-Uri: /${MARK}`],
  ["`X_Forwarded_User`, with underscores", "带下划线的 `X_Forwarded_User`", `X_Forwarded_User: ${MARK}`],
  ["`X-Real-IP`", "`X-Real-IP`", `X-Real-IP: ${MARK}`],
  ["`Forwarded`", "`Forwarded`", `Forwarded: for=${MARK}`],
  ["`True-Client-IP`", "`True-Client-IP`", `True-Client-IP: ${MARK}`],
  ["`CF-Connecting-IP`", "`CF-Connecting-IP`", `CF-Connecting-IP: ${MARK}`],
  ["`X-Original-URL`", "`X-Original-URL`", `X-Original-URL: /${MARK}`],
  ["`X-Rewrite-URL`", "`X-Rewrite-URL`", `X-Rewrite-URL: /${MARK}`],
  ["`X-Accel-Redirect`", "`X-Accel-Redirect`", `X-Accel-Redirect: /${MARK}`],
  ["`Remote-User`", "`Remote-User`", `Remote-User: ${MARK}`],
  ["`Proxy`, which some take as a setting", "`Proxy`，有的程序当作设置", `Proxy: http://${MARK}`],
  ["`Origin` of a strange page", "陌生网页的 `Origin`", `Origin: https://${MARK}`],
  ["`Referer`", "`Referer`", `Referer: https://${MARK}/`],
  ["`Cookie`", "`Cookie`", `Cookie: session=${MARK}`],
  ["`Via`", "`Via`", `Via: 1.1 ${MARK}`],
  ["`TE: trailers` and more", "`TE: trailers` 及其他", `TE: trailers, ${MARK}`],
  ["`Keep-Alive`", "`Keep-Alive`", `Keep-Alive: ${MARK}`],
  ["`Content-Encoding` of a body that is none", "与正文不符的 `Content-Encoding`", `Content-Encoding: ${MARK}`],
  ["`Accept-Encoding`", "`Accept-Encoding`", `Accept-Encoding: ${MARK}`],
  ["`Range`", "`Range`", `Range: bytes=0-1, ${MARK}`],
  ["a header of the client's own", "自定义头", `Whatever: ${MARK}`],
];

function ask(person: Person, ...headers: readonly string[]): string {
  return toRequest(`${CHAT} HTTP/1.1`, [toCredential(person), ...headers]);
}

function withHost(person: Person, hosts: readonly string[], connection = "close"): string {
  const rest = [toCredential(person), "Content-Type: application/json", "Content-Length: 2"];
  return [`${CHAT} HTTP/1.1`, ...hosts, ...rest, `Connection: ${connection}`, "", "{}"].join("\r\n");
}

const ROWS: readonly AttackRow[] = [
  ...HEADERS.map(([en, zh, ...headers]): AttackRow => [en, zh, (person) => ask(person, ...headers), CHAT]),
  ["a strange Host", "陌生的 Host", (person) => withHost(person, [`Host: ${MARK}`]), CHAT],
  ["a Host with a path", "Host 带路径", (person) => withHost(person, [`Host: ${MARK}/api/pull?`]), CHAT],
  ["a Host with a user", "Host 带用户名", (person) => withHost(person, [`Host: localhost@${MARK}`]), CHAT],
  ["two Hosts", "两个 Host", (person) => withHost(person, ["Host: model.example", `Host: ${MARK}`]), CHAT],
  ["an empty Host", "空的 Host", (person) => withHost(person, ["Host:"]), CHAT],
  [
    "a Host in a whole URL that is another",
    "完整 URL 与 Host 不一致",
    (person) => ask(person).replace("/api/chat", `http://${MARK}/api/chat`),
    CHAT,
  ],
  [
    "`Connection: host`",
    "`Connection: host`",
    (person) => withHost(person, ["Host: model.example"], "close, host"),
    CHAT,
  ],
  [
    "`Connection: content-length`",
    "`Connection: content-length`",
    (person) => withHost(person, ["Host: model.example"], "close, content-length, transfer-encoding"),
    CHAT,
  ],
  [
    "`Connection: x-forwarded-for`",
    "`Connection: x-forwarded-for`",
    (person) => withHost(person, ["Host: model.example", `X-Forwarded-For: ${MARK}`], "close, x-forwarded-for"),
    CHAT,
  ],
  [
    "a line end in a header, encoded",
    "头里有编码的换行",
    (person) => ask(person, `X-A: a%0d%0aX-Forwarded-For: ${MARK}`),
    CHAT,
  ],
  [
    "300 headers",
    "300 个头",
    (person) => ask(person, ...Array.from({ length: 300 }, (_, index) => `X-Many-${index}: ${MARK}`)),
    CHAT,
  ],
  ["headers of 200 kB", "200 kB 的头", (person) => ask(person, `X-Large: ${MARK}${"a".repeat(200_000)}`), CHAT],
  [
    "a strange page's request without a credential",
    "陌生网页的请求，无凭据",
    () => toMessage("GET /api/tags HTTP/1.1", ["Origin: https://evil.example", "Connection: close"]),
  ],
];

/** Headers that would have somebody behind the proxy believe what is not so. */
export const HEADER_ATTACKS: readonly Attack[] = toAttacks("headers", ROWS);
