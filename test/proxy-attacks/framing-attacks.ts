import {
  type Attack,
  type AttackRow,
  CHAT,
  type Person,
  SMUGGLED,
  toAttacks,
  toCredential,
  toMessage,
} from "./attack.ts";

const CHUNKED = `2\r\n{}\r\n0\r\n\r\n`;

/** An allowed request with headers that say how long its body is, and bytes behind its head. */
function frame(headers: readonly string[], body: string): (person: Person) => string {
  return (person) =>
    toMessage(`${CHAT} HTTP/1.1`, [toCredential(person), "Content-Type: application/json", ...headers], body);
}

/** A body that is over at once for whoever takes it as chunked, and a request behind it. */
const SHORT_IF_CHUNKED = `0\r\n\r\n${SMUGGLED}`;
/** The same request for whoever takes the first two bytes as the body. */
const SHORT_IF_COUNTED = `{}${SMUGGLED}`;
/** One chunk that holds a request: whoever counts two bytes takes it as the next one. */
const LONG_IF_CHUNKED = `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;
const whole = String(SHORT_IF_CHUNKED.length);

type FramingRow = readonly [en: string, zh: string, headers: readonly string[], body: string];

/** All of these may be one allowed request; what stands behind it is by nobody. */
const FRAMINGS: readonly FramingRow[] = [
  [
    "a length and chunks, short by chunks",
    "同时给长度和分块，分块较短",
    [`Content-Length: ${whole}`, "Transfer-Encoding: chunked"],
    SHORT_IF_CHUNKED,
  ],
  [
    "chunks and a length, short by length",
    "同时给分块和长度，长度较短",
    ["Transfer-Encoding: chunked", `Content-Length: ${LONG_IF_CHUNKED.indexOf("\r\n") + 2}`],
    LONG_IF_CHUNKED,
  ],
  ["two lengths", "两个长度", ["Content-Length: 2", `Content-Length: ${SHORT_IF_COUNTED.length}`], SHORT_IF_COUNTED],
  [
    "two lengths, the longer one first",
    "两个长度，长的在前",
    [`Content-Length: ${SHORT_IF_COUNTED.length}`, "Content-Length: 2"],
    SHORT_IF_COUNTED,
  ],
  ["the same length twice", "相同的长度给两次", ["Content-Length: 2", "Content-Length: 2"], SHORT_IF_COUNTED],
  ["a list of lengths", "长度列表", [`Content-Length: 2, ${SHORT_IF_COUNTED.length}`], SHORT_IF_COUNTED],
  ["a length with a plus", "长度带加号", ["Content-Length: +2"], SHORT_IF_COUNTED],
  ["a length with a minus", "长度为负", ["Content-Length: -2"], SHORT_IF_COUNTED],
  ["a length in hexadecimal", "十六进制长度", ["Content-Length: 0x2"], SHORT_IF_COUNTED],
  ["a length with a leading zero", "长度前导零", ["Content-Length: 02"], SHORT_IF_COUNTED],
  ["a length with words behind it", "长度后有文字", ["Content-Length: 2 2"], SHORT_IF_COUNTED],
  ["a length past all numbers", "超出范围的长度", ["Content-Length: 18446744073709551618"], SHORT_IF_COUNTED],
  ["an empty length", "空的长度", ["Content-Length: "], SMUGGLED],
  ["no length, and a body", "没有长度却有正文", [], SMUGGLED],
  [
    "an underscore in Content_Length",
    "Content_Length 用下划线",
    ["Content_Length: 2", `Content-Length: ${SHORT_IF_COUNTED.length}`],
    SHORT_IF_COUNTED,
  ],
  [
    "a space before the colon of the length",
    "长度的冒号前有空格",
    [`Content-Length : ${SHORT_IF_COUNTED.length}`, "Content-Length: 2"],
    SHORT_IF_COUNTED,
  ],
  [
    "`Transfer-Encoding: xchunked`",
    "`Transfer-Encoding: xchunked`",
    ["Transfer-Encoding: xchunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "`Transfer-Encoding: chunked, identity`",
    "`Transfer-Encoding: chunked, identity`",
    ["Transfer-Encoding: chunked, identity", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "`Transfer-Encoding: identity`",
    "`Transfer-Encoding: identity`",
    ["Transfer-Encoding: identity", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "`Transfer-Encoding: gzip, chunked`",
    "`Transfer-Encoding: gzip, chunked`",
    ["Transfer-Encoding: gzip, chunked"],
    SHORT_IF_CHUNKED,
  ],
  [
    "`Transfer-Encoding: chunked` twice",
    "`Transfer-Encoding: chunked` 给两次",
    ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    SHORT_IF_CHUNKED,
  ],
  [
    "chunked, then identity in a second header",
    "先 chunked，第二个头里 identity",
    ["Transfer-Encoding: chunked", "Transfer-Encoding: identity", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "identity, then chunked in a second header",
    "先 identity，第二个头里 chunked",
    ["Transfer-Encoding: identity", "Transfer-Encoding: chunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "CHUNKED in upper case",
    "大写 CHUNKED",
    ["Transfer-Encoding: CHUNKED", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "a tab before chunked",
    "chunked 前有制表符",
    ["Transfer-Encoding:\tchunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "a vertical tab before chunked",
    "chunked 前有垂直制表符",
    ["Transfer-Encoding: \vchunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "chunked in quotes",
    "chunked 加引号",
    ['Transfer-Encoding: "chunked"', `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "chunked with a comma behind it",
    "chunked 后有逗号",
    ["Transfer-Encoding: chunked,", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "a space before the colon of Transfer-Encoding",
    "Transfer-Encoding 冒号前有空格",
    ["Transfer-Encoding : chunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "Transfer_Encoding with an underscore",
    "Transfer_Encoding 用下划线",
    ["Transfer_Encoding: chunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "Transfer-Encoding on a folded line",
    "Transfer-Encoding 折行",
    ["Transfer-Encoding:", " chunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "Transfer-Encoding hidden behind a bare LF",
    "Transfer-Encoding 藏在裸 LF 之后",
    ["X-A: b\nTransfer-Encoding: chunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  [
    "Transfer-Encoding hidden behind a bare CR",
    "Transfer-Encoding 藏在裸 CR 之后",
    ["X-A: b\rTransfer-Encoding: chunked", `Content-Length: ${whole}`],
    SHORT_IF_CHUNKED,
  ],
  ["a NUL in a header", "头里有 NUL", ["X-A: a\u0000b", "Content-Length: 2"], SHORT_IF_COUNTED],
  [
    "an empty header name, which hides the rest",
    "空的头名，隐藏其后的头",
    ["Content-Length: 2", ": x", `Content-Length: ${SHORT_IF_COUNTED.length}`],
    SHORT_IF_COUNTED,
  ],
  ["a line without a colon", "没有冒号的行", ["nonsense", "Content-Length: 2"], SHORT_IF_COUNTED],
  ["a folded first header", "第一个头就折行", [" folded: x", "Content-Length: 2"], SHORT_IF_COUNTED],
  ["a chunk with an extension", "分块带扩展", ["Transfer-Encoding: chunked"], `2;a=b\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  [
    "a chunk extension with a bare LF",
    "分块扩展里有裸 LF",
    ["Transfer-Encoding: chunked"],
    `2;\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  [
    "a chunk extension that hides a request",
    "分块扩展里藏请求",
    ["Transfer-Encoding: chunked"],
    `2;a="\r\n{}\r\n0\r\n\r\n${SMUGGLED}"\r\n{}\r\n0\r\n\r\n`,
  ],
  ["a chunk size in 0x", "分块大小写成 0x", ["Transfer-Encoding: chunked"], `0x2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  [
    "a chunk size past all numbers",
    "超出范围的分块大小",
    ["Transfer-Encoding: chunked"],
    `10000000000000002\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ["a negative chunk size", "负的分块大小", ["Transfer-Encoding: chunked"], `-2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  [
    "a chunk size with a space",
    "分块大小后有空格",
    ["Transfer-Encoding: chunked"],
    `2 \r\n{}\r\n0 \r\n\r\n${SMUGGLED}`,
  ],
  ["chunks with LF alone", "分块只用 LF", ["Transfer-Encoding: chunked"], `2\n{}\n0\n\n${SMUGGLED}`],
  ["a chunk longer than it says", "分块比声明的长", ["Transfer-Encoding: chunked"], `2\r\n{}${SMUGGLED}\r\n0\r\n\r\n`],
  [
    "trailers with a credential and a length",
    "尾部头里带凭据和长度",
    ["Transfer-Encoding: chunked", "Trailer: Content-Length"],
    `2\r\n{}\r\n0\r\nContent-Length: 99\r\nX-Forwarded-For: spoofed.example\r\n\r\n${SMUGGLED}`,
  ],
  ["a second request behind the first", "第一个请求后紧跟第二个", ["Content-Length: 2"], SHORT_IF_COUNTED],
  [
    "a request within a request's body",
    "正文里放一个请求",
    [`Content-Length: ${SMUGGLED.length}`, "Connection: close"],
    SMUGGLED,
  ],
  [
    "`Expect: 100-continue` and a body at once",
    "`Expect: 100-continue` 并立即发正文",
    ["Expect: 100-continue", "Content-Length: 2"],
    SHORT_IF_COUNTED,
  ],
  [
    "`Expect: 100-continue, nonsense`",
    "`Expect: 100-continue, nonsense`",
    ["Expect: 100-continue, nonsense", "Content-Length: 2"],
    SHORT_IF_COUNTED,
  ],
  [
    "an upgrade to HTTP/2, and a request behind it",
    "升级到 HTTP/2，再跟一个请求",
    [
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
      "Content-Length: 2",
    ],
    SHORT_IF_COUNTED,
  ],
  [
    "an upgrade to WebSocket, and a request behind it",
    "升级到 WebSocket，再跟一个请求",
    [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
      "Content-Length: 2",
    ],
    SHORT_IF_COUNTED,
  ],
];

const ROWS: readonly AttackRow[] = [
  ...FRAMINGS.map(([en, zh, headers, body]): AttackRow => [en, zh, frame(headers, body), CHAT]),
  [
    "chunks by HTTP/1.0",
    "HTTP/1.0 用分块",
    (person) =>
      toMessage(
        `${CHAT} HTTP/1.0`,
        [toCredential(person), "Connection: keep-alive", "Transfer-Encoding: chunked", `Content-Length: ${whole}`],
        SHORT_IF_CHUNKED,
      ),
    CHAT,
  ],
  [
    "a body behind GET that is a request",
    "GET 的正文是一个请求",
    (person) =>
      toMessage("GET /api/chat HTTP/1.1", [toCredential(person), `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
  ],
  [
    "a body behind a refused request that is a request",
    "被拒请求的正文是一个请求",
    () => toMessage("POST /api/pull HTTP/1.1", [`Content-Length: ${SMUGGLED.length}`], SMUGGLED),
  ],
  [
    "chunks behind a refused request that are a request",
    "被拒请求的分块里是一个请求",
    () => toMessage("POST /api/pull HTTP/1.1", ["Transfer-Encoding: chunked"], LONG_IF_CHUNKED),
  ],
  [
    "line ends of LF alone",
    "换行只用 LF",
    (person) =>
      toMessage(`${CHAT} HTTP/1.1`, [toCredential(person), "Content-Length: 2"], SHORT_IF_COUNTED).replaceAll(
        "\r\n",
        "\n",
      ),
    CHAT,
  ],
  [
    "no Host",
    "没有 Host",
    (person) => [`${CHAT} HTTP/1.1`, toCredential(person), "Content-Length: 2", "", SHORT_IF_COUNTED].join("\r\n"),
    CHAT,
  ],
  [
    "chunks, as they should be",
    "正常的分块",
    (person) =>
      toMessage(`${CHAT} HTTP/1.1`, [toCredential(person), "Transfer-Encoding: chunked", "Connection: close"], CHUNKED),
    CHAT,
  ],
];

const CUT_OFF: readonly AttackRow[] = [
  [
    "a body that is cut off",
    "正文中途断开",
    (person) => toMessage(`${CHAT} HTTP/1.1`, [toCredential(person), "Content-Length: 500"], SMUGGLED),
    CHAT,
  ],
  [
    "chunks that are cut off",
    "分块中途断开",
    (person) => toMessage(`${CHAT} HTTP/1.1`, [toCredential(person), "Transfer-Encoding: chunked"], "ff\r\n{}"),
    CHAT,
  ],
];

/** Lengths and chunks that one end could read otherwise than the other. */
export const FRAMING_ATTACKS: readonly Attack[] = [
  ...toAttacks("framing", ROWS),
  ...toAttacks("framing", CUT_OFF).map((attack) => ({ ...attack, leaves: true })),
];
