import { type Attack, type AttackRow, CHAT, toAttacks, toCredential, toMessage, toRequest } from "./attack.ts";

type MethodRow = readonly [line: string, en: string, zh: string, ...may: readonly string[]];

const LINES: readonly MethodRow[] = [
  ["DELETE /api/delete", "deleting a model", "删除模型"],
  ["GET /api/tags", "listing models, which is another scope", "列出模型（属于另一权限）"],
  ["GET /api/ps", "listing what runs", "列出运行中的模型"],
  ["GET /", "the front page", "首页"],
  ["HEAD /", "the front page by HEAD", "用 HEAD 请求首页"],
  ["GET /api/chat", "a route by GET", "用 GET 请求该路由"],
  ["HEAD /api/chat", "a route by HEAD", "用 HEAD 请求该路由"],
  ["PUT /api/chat", "a route by PUT", "用 PUT 请求该路由"],
  ["PATCH /api/chat", "a route by PATCH", "用 PATCH 请求该路由"],
  ["post /api/chat", "the method in lower case", "方法小写"],
  ["Post /api/pull", "the method in mixed case", "方法大小写混合"],
  ["OPTIONS /api/pull", "OPTIONS with a credential", "带凭据的 OPTIONS"],
  ["OPTIONS *", "OPTIONS of the whole server", "针对整台服务器的 OPTIONS"],
  ["TRACE /api/chat", "TRACE", "TRACE"],
  ["CONNECT 127.0.0.1:11434", "CONNECT to the model server", "CONNECT 到模型服务"],
  ["CONNECT /api/pull", "CONNECT to a path", "CONNECT 到路径"],
  ["PURGE /api/chat", "an unknown method", "未知方法"],
  ["POST\u0000 /api/pull", "a NUL in the method", "方法里有 NUL"],
  [`${"A".repeat(3000)} /api/chat`, "a method of 3,000 letters", "3000 个字母的方法"],
  ["HEAD /api/blobs/sha256:x", "looking for an upload", "探测上传内容"],
  ["DELETE /api/user/keys/x", "deleting the owner's key", "删除所有者的密钥"],
];

const ROWS: readonly AttackRow[] = [
  ...LINES.map(([line, en, zh, ...may]): AttackRow => [
    `${en}: \`${toShown(line)}\``,
    `${zh}：\`${toShown(line)}\``,
    (person) => toRequest(`${line} HTTP/1.1`, [toCredential(person)]),
    ...may,
  ]),
  [
    "`X-HTTP-Method-Override: DELETE`",
    "`X-HTTP-Method-Override: DELETE`",
    (person) => toRequest("POST /api/delete HTTP/1.1", [toCredential(person), "X-HTTP-Method-Override: DELETE"]),
  ],
  [
    "`_method=DELETE` in the query",
    "查询串 `_method=DELETE`",
    (person) => toRequest("POST /api/delete?_method=DELETE HTTP/1.1", [toCredential(person)]),
  ],
  [
    "OPTIONS without a credential",
    "无凭据的 OPTIONS",
    () => toMessage("OPTIONS /api/pull HTTP/1.1", ["Connection: close"]),
  ],
  [
    "a preflight of a strange page, without a credential",
    "陌生网页的预检请求，无凭据",
    () =>
      toMessage("OPTIONS /api/chat HTTP/1.1", [
        "Origin: https://evil.example",
        "Access-Control-Request-Method: POST",
        "Connection: close",
      ]),
  ],
  [
    "two spaces behind the method",
    "方法后有两个空格",
    (person) => toRequest("POST  /api/pull HTTP/1.1", [toCredential(person)]),
  ],
  [
    "a tab behind the method",
    "方法后是制表符",
    (person) => toRequest("POST\t/api/pull HTTP/1.1", [toCredential(person)]),
  ],
  [
    "a second path in the request line",
    "请求行里有第二个路径",
    (person) => toRequest("POST /api/chat /api/pull HTTP/1.1", [toCredential(person)]),
  ],
  [
    "a path behind the version",
    "版本号后接路径",
    (person) => toRequest("POST /api/chat HTTP/1.1 /api/pull", [toCredential(person)]),
  ],
  ["HTTP/0.9, without a credential", "无凭据的 HTTP/0.9", () => "GET /api/tags\r\n"],
  [
    "HTTP/1.0 without a Host",
    "没有 Host 的 HTTP/1.0",
    (person) => `POST /api/chat HTTP/1.0\r\n${toCredential(person)}\r\nContent-Length: 2\r\n\r\n{}`,
    CHAT,
  ],
  ["an odd version", "奇怪的版本号", (person) => toRequest("POST /api/chat HTTP/1.9", [toCredential(person)]), CHAT],
  ["HTTP/2 from the start", "一开始就说 HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  [
    "an empty line first",
    "先发一个空行",
    (person) => `\r\n${toRequest(`${CHAT} HTTP/1.1`, [toCredential(person)])}`,
    CHAT,
  ],
];

/** Methods and request lines. */
export const METHOD_ATTACKS: readonly Attack[] = toAttacks("method", ROWS);

function toShown(line: string): string {
  const plain = line.replaceAll(
    /[^\x20-\x7e]/g,
    (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return plain.length > 50 ? `${plain.slice(0, 10)}…` : plain;
}
