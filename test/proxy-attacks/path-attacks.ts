import { type Attack, type AttackRow, CHAT, toAttacks, toCredential, toRequest } from "./attack.ts";

type PathRow = readonly [target: string, en: string, zh: string, ...may: readonly string[]];

/** Ways of writing `/api/pull`, which nobody here is let in for. */
const PATHS: readonly PathRow[] = [
  ["/api/pull", "the route itself", "直接请求该路由"],
  ["//api/pull", "two slashes in front", "开头多一个斜杠"],
  ["/api//pull", "two slashes within", "中间多一个斜杠"],
  ["/./api/pull", "a dot in front", "开头多一段 ."],
  ["/api/./pull", "a dot within", "中间多一段 ."],
  ["/x/../api/pull", "up from a folder that is not there", "从不存在的目录返回上级"],
  ["/api/chat/../pull", "up from a route that is allowed", "从允许的路由返回上级"],
  ["/api/chat/%2e%2e/pull", "up from it, dots encoded", "从允许的路由返回上级，点号编码"],
  ["/api/chat/..%2fpull", "up from it, slash encoded", "从允许的路由返回上级，斜杠编码"],
  ["/v1/../api/pull", "up from /v1", "从 /v1 返回上级"],
  ["/v1/%2e%2e/api/pull", "up from /v1, dots encoded", "从 /v1 返回上级，点号编码"],
  ["/v1/..%2fapi/pull", "up from /v1, slash encoded", "从 /v1 返回上级，斜杠编码"],
  ["/v1/..;/api/pull", "up from /v1, with a parameter", "从 /v1 返回上级，带参数"],
  ["/v1/chat/completions/../../../api/pull", "up three folders", "连续返回三级"],
  ["/api/pull/", "a slash at the end", "末尾多一个斜杠"],
  ["/API/PULL", "upper case", "全部大写"],
  ["/api/Pull", "one letter in upper case", "一个字母大写"],
  ["/api%2Fpull", "the slash encoded", "斜杠编码"],
  ["/%61pi/pull", "a letter encoded in front", "前段字母编码"],
  ["/api/%70ull", "a letter encoded at the end", "后段字母编码"],
  ["/api/%2570ull", "a letter encoded twice", "字母双重编码"],
  ["/api/%u0070ull", "a letter encoded as %u", "用 %u 编码字母"],
  ["/api/pul%6c?x=1", "a letter encoded, with a query", "字母编码并带查询串"],
  ["/api/pull;x", "a parameter behind it", "后接分号参数"],
  ["/api/pull%3Bx", "the same, encoded", "后接编码的分号参数"],
  ["/api/pull#f", "a fragment", "后接片段"],
  ["/api/pull%23f", "a fragment, encoded", "后接编码的片段"],
  ["/api/pull%00", "an encoded NUL behind it", "后接编码的 NUL"],
  ["/api/pull%20", "an encoded space behind it", "后接编码的空格"],
  ["/api/pull%09", "an encoded tab behind it", "后接编码的制表符"],
  ["/api/pull%2e", "an encoded dot behind it", "后接编码的点号"],
  ["/api/pull%0d%0aX-A:b", "encoded line ends behind it", "后接编码的换行"],
  ["/api/chat%0d%0aX-A:b", "encoded line ends behind an allowed route", "允许的路由后接编码的换行"],
  ["/api\\pull", "a backslash", "反斜杠"],
  ["/api%5Cpull", "a backslash, encoded", "编码的反斜杠"],
  ["/api/%c0%afpull", "an overlong slash", "超长编码的斜杠"],
  ["/api%c0%afpull", "an overlong slash instead of the slash", "用超长编码代替斜杠"],
  ["/api/pull\xff", "a byte that is no UTF-8", "非 UTF-8 字节"],
  ["/api/pull\u0000", "a NUL as it is", "原样的 NUL"],
  ["/api/pull\tx", "a tab as it is", "原样的制表符"],
  ["/api/pull?/api/chat", "an allowed route in the query", "查询串里写允许的路由"],
  ["/api/chat?/../pull", "up within the query", "在查询串里返回上级", CHAT],
  ["/api/chat?a=1;b=/api/pull", "the route in the query", "在查询串里写目标路由", CHAT],
  ["/api/chat%3f/../pull", "an encoded question mark, then up", "编码的问号后返回上级"],
  ["/api/chat#/../pull", "a fragment, then up", "片段后返回上级"],
  ["/api/chat;/../pull", "a parameter, then up", "参数后返回上级"],
  ["api/pull", "no slash in front", "开头没有斜杠"],
  ["?/api/pull", "a query alone", "只有查询串"],
  ["*", "a star", "星号"],
  ["http://model.example/api/pull", "a whole URL", "完整 URL"],
  ["http://127.0.0.1:11434/api/pull", "a whole URL of the model server", "模型服务的完整 URL"],
  ["http://model.example//api/pull", "a whole URL with two slashes", "完整 URL 并多一个斜杠"],
  ["http://model.example@127.0.0.1/api/pull", "a whole URL with a user", "完整 URL 并带用户名"],
  ["file:///api/pull", "a URL of another scheme", "其他协议的 URL"],
  ["127.0.0.1:11434", "an authority alone", "只有主机和端口"],
  ["/debug/pprof/", "Go's profiles", "Go 的性能分析页"],
  ["/debug/vars", "Go's variables", "Go 的变量页"],
  ["/metrics", "metrics", "监控指标"],
  ["/portlock/forward", "a place of the proxy's own", "代理内部的位置"],
  ["/portlock/upload", "another place of the proxy's own", "代理内部的另一个位置"],
  ["/portlock/verify", "where the gateway is asked", "询问网关的位置"],
  ["/api/blobs/sha256:../../pull", "up from an upload", "从上传路径返回上级"],
  [`/api/blobs/sha256:${"a".repeat(64)}`, "an upload", "上传"],
  [`/api/blobs/sha256:${"A".repeat(64)}`, "an upload, in upper case", "上传，大写摘要"],
  ["/api/signout", "signing the owner out", "让所有者退出登录"],
  ["/api/me", "the owner's account", "所有者的账户"],
  ["/api/experimental/web_fetch", "fetching a page through the server", "借服务器抓取网页"],
  ["/api/create", "making a model", "创建模型"],
  ["/api/copy", "copying a model", "复制模型"],
  ["/api/push", "publishing a model", "发布模型"],
  ["/api/show", "looking into a model", "查看模型详情"],
];

const ROWS: readonly AttackRow[] = [
  ...PATHS.map(([target, en, zh, ...may]): AttackRow => [
    `${en}: \`${toShown(target)}\``,
    `${zh}：\`${toShown(target)}\``,
    (person) => toRequest(`POST ${target} HTTP/1.1`, [toCredential(person)]),
    ...may,
  ]),
  [
    "the same without a credential, encoded: `/%61pi/pull`",
    "无凭据且编码：`/%61pi/pull`",
    () => toRequest("POST /%61pi/pull HTTP/1.1", []),
  ],
  [
    "without a credential, two slashes: `//api/tags`",
    "无凭据且多一个斜杠：`//api/tags`",
    () => toRequest("GET //api/tags HTTP/1.1", []),
  ],
  [
    "a long path: 60,000 letters",
    "超长路径：6 万个字母",
    (person) => toRequest(`POST /api/${"a".repeat(60_000)} HTTP/1.1`, [toCredential(person)]),
  ],
];

/** Paths that mean `/api/pull`, or could, to somebody on the way. */
export const PATH_ATTACKS: readonly Attack[] = toAttacks("path", ROWS);

/** As it can stand in a page; long ones are cut. */
function toShown(target: string): string {
  const plain = target.replaceAll(
    /[^\x21-\x7e]/g,
    (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return plain.length > 50 ? `${plain.slice(0, 28)}…` : plain;
}
