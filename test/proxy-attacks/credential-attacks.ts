import {
  type Attack,
  type AttackRow,
  CHAT,
  type Person,
  toAttacks,
  toCredential,
  toMessage,
  toRequest,
} from "./attack.ts";

function ask(...headers: readonly string[]): string {
  return toRequest(`${CHAT} HTTP/1.1`, headers);
}

function flipCase(text: string): string {
  return text
    .split("")
    .map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
    .join("");
}

/** The key or base64 text behind the scheme; the whole value where there is no scheme. */
function toKey({ value }: Person): string {
  return value.slice(value.indexOf(" ") + 1);
}

function withScheme(person: Person, change: (scheme: string) => string): string {
  const scheme = person.value.slice(0, person.value.length - toKey(person).length);
  return `${person.header}: ${change(scheme)}${toKey(person)}`;
}

/** What is shown is not what the person has, so that nothing may reach the model server. */
const WRONG: readonly AttackRow[] = [
  ["none", "不带凭据", () => ask()],
  ["an empty Authorization", "空的 Authorization", () => ask("Authorization:")],
  ["an empty `Bearer`", "空的 `Bearer`", () => ask("Authorization: Bearer")],
  ["an empty `Basic`", "空的 `Basic`", () => ask("Authorization: Basic ")],
  ["an empty x-api-key", "空的 x-api-key", () => ask("X-Api-Key:")],
  ["`Bearer undefined`", "`Bearer undefined`", () => ask("Authorization: Bearer undefined")],
  ["a wrong key", "错误的密钥", () => ask("Authorization: Bearer wrong")],
  ["a wrong password", "错误的密码", () => ask(`Authorization: Basic ${toBase64("alice:wrong")}`)],
  ["an unknown user", "不存在的用户", () => ask(`Authorization: Basic ${toBase64("root:root")}`)],
  ["a user without a password", "只有用户名没有密码", () => ask(`Authorization: Basic ${toBase64("alice")}`)],
  ["an empty user and password", "空用户名和密码", () => ask(`Authorization: Basic ${toBase64(":")}`)],
  ["Basic with what is no base64", "Basic 后不是 base64", () => ask("Authorization: Basic !!!!")],
  [
    "the key with its case flipped",
    "密钥大小写互换",
    (person) => ask(`${person.header}: ${person.value.replace(toKey(person), flipCase(toKey(person)))}`),
  ],
  [
    "the key without its last letter",
    "密钥少最后一个字符",
    (person) => ask(toCredential(person).replace(/.(=*)$/, "$1")),
  ],
  ["the key and one letter more", "密钥多一个字符", (person) => ask(`${toCredential(person)}A`)],
  ["a letter before the key", "密钥前多一个字符", (person) => ask(withScheme(person, (scheme) => `${scheme}A`))],
  ["the key and a NUL", "密钥后接 NUL", (person) => ask(`${toCredential(person)}\u0000`)],
  ["the key and a second word", "密钥后接第二个词", (person) => ask(`${toCredential(person)} x`)],
  ["the key and a comma", "密钥后接逗号", (person) => ask(`${toCredential(person)}, Bearer x`)],
  [
    "the key in a list, behind a wrong one",
    "列表中密钥排在错误密钥之后",
    (person) => ask(`${person.header}: Bearer x, ${person.value}`),
  ],
  [
    "what the proxy has stored, as the key",
    "把代理存储的内容当密钥",
    (person) => ask(`Authorization: Bearer ${person.stored}`),
  ],
  [
    "what the proxy has stored, as the password",
    "把代理存储的内容当密码",
    (person) => ask(`Authorization: Basic ${toBase64(`alice:${person.stored}`)}`),
  ],
  ["a pattern as the key", "把正则表达式当密钥", () => ask("Authorization: Bearer .*")],
  ["SQL as the key", "把 SQL 当密钥", () => ask("Authorization: Bearer ' OR 1=1 --")],
  ["`__proto__` as the key", "把 `__proto__` 当密钥", () => ask("Authorization: Bearer __proto__")],
  ["a key with bytes that are no ASCII", "密钥含非 ASCII 字节", () => ask("Authorization: Bearer \xe9\xff\x80")],
  ["a key of 6,000 letters", "6000 个字符的密钥", () => ask(`Authorization: Bearer ${"a".repeat(6000)}`)],
  ["a key of 1 MB", "1 MB 的密钥", () => ask(`Authorization: Bearer ${"a".repeat(1_000_000)}`)],
  [
    "the key in the query",
    "密钥放在查询串",
    (person) => toRequest(`${CHAT}?api_key=${person.secret}&key=${person.secret} HTTP/1.1`, []),
  ],
  ["the key in a cookie", "密钥放在 Cookie", (person) => ask(`Cookie: token=${person.secret}`)],
  [
    "the key in Proxy-Authorization",
    "密钥放在 Proxy-Authorization",
    (person) => ask(`Proxy-Authorization: ${person.value}`),
  ],
  [
    "the key in the URL",
    "密钥放在 URL",
    (person) => toRequest(`POST http://alice:${person.secret}@model.example/api/chat HTTP/1.1`, []),
  ],
  [
    "the key in a header with an underscore",
    "密钥放在带下划线的头",
    (person) => ask(`${person.header.replace("-", "_")}_: ${person.value}`, `X_Api_Key: ${person.secret}`),
  ],
  [
    "the key in another case of header, folded",
    "密钥放在折行的头",
    (person) => ask(`X-A: b\r\n ${toCredential(person)}`),
  ],
  ["the key in a trailer", "密钥放在尾部头", (person) => toTrailer(person)],
  ["who came from this host", "伪装成来自本机", () => ask("X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1")],
  [
    "who names himself",
    "自报用户名",
    () => ask("X-Forwarded-User: alice", "X-Remote-User: alice", "Remote-User: alice"),
  ],
  [
    "another path for the gateway to judge",
    "给网关看另一个路径",
    () => ask("X-Original-URL: /healthz", "X-Original-URI: /healthz", "X-Rewrite-URL: /healthz"),
  ],
  ["a health check by its user agent", "伪装健康检查的 User-Agent", () => ask("User-Agent: kube-probe/1.30")],
];

/** The person is let in; the point is where his credential goes, or a second one. */
const RIGHT: readonly AttackRow[] = [
  ["the right one", "正确的凭据", (person) => ask(toCredential(person)), CHAT],
  [
    "the scheme in lower case",
    "认证方式小写",
    (person) => ask(withScheme(person, (scheme) => scheme.toLowerCase())),
    CHAT,
  ],
  [
    "the scheme in upper case",
    "认证方式大写",
    (person) => ask(withScheme(person, (scheme) => scheme.toUpperCase())),
    CHAT,
  ],
  [
    "the header's name in lower case",
    "头名小写",
    (person) => ask(toCredential(person).replace(person.header, person.header.toLowerCase())),
    CHAT,
  ],
  ["spaces and a tab behind it", "后接空格和制表符", (person) => ask(`${toCredential(person)} \t`), CHAT],
  [
    "two spaces behind the scheme",
    "认证方式后两个空格",
    (person) => ask(withScheme(person, (scheme) => `${scheme} `)),
    CHAT,
  ],
  [
    "with a wrong one behind it",
    "其后再加一个错误的凭据",
    (person) => ask(toCredential(person), `${person.header}: Bearer wrong`),
  ],
  [
    "with a wrong one before it",
    "其前先放一个错误的凭据",
    (person) => ask(`${person.header}: Bearer wrong`, toCredential(person)),
  ],
  ["twice", "给两次", (person) => ask(toCredential(person), toCredential(person))],
  [
    "with a wrong x-api-key",
    "同时给错误的 x-api-key",
    (person) => ask(toCredential(person), "X-Api-Key: wrong", "Authorization: Bearer wrong"),
  ],
  [
    "and once more in the query",
    "并在查询串里再给一次",
    (person) => toRequest(`${CHAT}?api_key=${person.secret} HTTP/1.1`, [toCredential(person)]),
    CHAT,
  ],
  [
    "and once more in a cookie",
    "并在 Cookie 里再给一次",
    (person) => ask(toCredential(person), `Cookie: token=${person.secret}`),
    CHAT,
  ],
  [
    "and once more in Referer",
    "并在 Referer 里再给一次",
    (person) => ask(toCredential(person), `Referer: https://model.example/?key=${person.secret}`),
    CHAT,
  ],
  [
    "and once more in Proxy-Authorization",
    "并在 Proxy-Authorization 里再给一次",
    (person) => ask(toCredential(person), `Proxy-Authorization: ${person.value}`),
    CHAT,
  ],
  [
    "and once more in a header of the client's own",
    "并在自定义头里再给一次",
    (person) => ask(toCredential(person), `Api-Key: ${person.secret}`, `X-Goog-Api-Key: ${person.secret}`),
    CHAT,
  ],
  [
    "and once more with an underscore",
    "并在带下划线的头里再给一次",
    (person) => ask(toCredential(person), `X_Api_Key: ${person.secret}`),
    CHAT,
  ],
  ["and `Connection: authorization`", "并带 `Connection: authorization`", (person) => toConnection(person), CHAT],
];

/** Credentials that are none, in other places, or twice. */
export const CREDENTIAL_ATTACKS: readonly Attack[] = toAttacks("credential", [...WRONG, ...RIGHT]);

function toTrailer(person: Person): string {
  const headers = ["Transfer-Encoding: chunked", "Trailer: Authorization", "Connection: close"];
  return toMessage(`${CHAT} HTTP/1.1`, headers, `2\r\n{}\r\n0\r\n${toCredential(person)}\r\n\r\n`);
}

function toConnection(person: Person): string {
  const headers = [toCredential(person), "Content-Length: 2", `Connection: close, ${person.header}`];
  return toMessage(`${CHAT} HTTP/1.1`, headers, "{}");
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}
