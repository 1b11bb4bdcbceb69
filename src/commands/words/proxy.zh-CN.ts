import type { SeenAnswer } from "../apply-proxy.ts";
import type { ProxyWords } from "./proxy-words.ts";

const MAKE =
  "计划一个要求出示凭据、只放行所列路由的站点，展示计划，征得同意，由代理自己检查配置并加载，再通过它实际发出请求；每份凭据只显示一次。" +
  "你自己的站点不会改动。`portlock undo` 可逐字节撤销。除 --dry-run 和 --print 外需要 root。";

export const PROXY_ZH_CN: ProxyWords = {
  briefs: {
    proxy: "把模型服务放到 nginx、Caddy 或 HAProxy 之后，只供持有凭据的人使用",
    users: "查看和更改 Portlock 所建站点允许的用户",
  },
  help: {
    "proxy nginx": {
      brief: "把模型服务放到 nginx 之后",
      description: MAKE,
      examples: [
        ["--dry-run", "只显示将要做什么，位于 127.0.0.1:8080"],
        [
          "--name ai.example.com --tls-cert /etc/ssl/ai.pem --tls-key /etc/ssl/ai.key --user alice",
          "供 alice 以密码使用",
        ],
        ["--listen 8443 --tls-self-signed --auth bearer --user alice --user bob", "每人一把密钥"],
        ["--print > ollama.conf", "为另一台主机输出配置"],
      ],
    },
    "proxy caddy": {
      brief: "把模型服务放到 Caddy 之后",
      description: `${MAKE}若 --name 是互联网上的域名，Caddy 会自己取得证书。`,
      examples: [
        ["--name ai.example.com --user alice", "供 alice 使用，证书由 Caddy 取得"],
        ["--auth bearer --origin https://app.example.com", "以密钥使用，同时允许某个来源的网页调用"],
      ],
    },
    "proxy haproxy": {
      brief: "把模型服务放到 HAProxy 之后",
      description: `${MAKE}首次会重新启动 HAProxy，否则它不会加载新增的文件。`,
      examples: [["--listen 8443 --tls-self-signed --auth bearer --scope inference", "以密钥使用，且只能调用模型"]],
    },
    "proxy users list": {
      brief: "查看允许的用户",
      description: "列出 Portlock 所建各站点的用户，从不显示凭据。需要 root。",
      examples: [["", "本机"]],
    },
    "proxy users add": {
      brief: "允许某人使用",
      description: "生成一份凭据，只显示一次，并让代理加载。`portlock undo` 可撤销。",
      examples: [["carol", "密码还是密钥，取决于该站点"]],
    },
    "proxy users remove": {
      brief: "不再允许某人使用",
      description: "删除一个用户，并让代理加载。正在进行的流会继续到结束。",
      examples: [["bob --site nginx/ollama_11434", "有多个站点时指明其一"]],
    },
  },
  flags: {
    host: "要更改的主机，通过 OpenSSH；默认为本机",
    server: "要放到代理之后的服务器，使用报告中的名称；默认为唯一的那个",
    listen: "监听位置；有 TLS 时默认为所有地址的 443 端口，否则为 127.0.0.1:8080",
    name: "访问时使用的主机名；可借此共用代理自己的端口",
    auth: "用户如何证明身份；默认 basic",
    gatewayPort: "`portlock gateway` 在回环地址上的端口，用于 --auth portlock；默认 11435",
    user: "允许的用户，可多次给出；默认 owner",
    scope: "放行的权限，可多次给出；默认 inference 和 read",
    tlsCert: "证书文件（PEM，含证书链）",
    tlsKey: "该证书的私钥文件",
    tlsSelfSigned: "生成一份没有机构担保的证书",
    origin: "允许其网页调用的来源，可多次给出；默认没有",
    rate: "每个客户端地址每分钟的请求数，0 表示不限；默认 600",
    site: "要由本站点取代的站点文件",
    peopleSite: "所指的站点，使用 `portlock proxy users list` 中的名称",
    print: "把配置写到标准输出，不作任何更改",
    plan: "把计划写入此文件，不作任何更改",
    json: "输出一个 JSON 文档；凭据写到标准错误",
  },
  arguments: { person: "用户名" },
  placeholders: { listen: "主机:端口", name: "域名", person: "用户", origin: "来源", rate: "数量", site: "文件" },
  usage: {
    badListen: "请写 443、127.0.0.1:8080 或 [::1]:8080；不会解析域名",
    badRate: "请写每分钟的请求数，0 表示不限",
  },
  seen: (answer) => `${toWho(answer)}，GET ${answer.path}：${answer.came}${toExpected(answer)}`,
  shownOnce: "请把以下凭据交给相应的人。它们不会保存在任何地方，也不会再次显示：",
  credential: (auth, name, secret) =>
    auth === "basic" ? `${name}：用户名 ${name}，密码 ${secret}` : `${name}：Authorization: Bearer ${secret}`,
  otherAnswer: "通过代理得到的应答与应有的不符",
  printedFor: (proxy, version, isInstalled) =>
    `按 ${proxy} ${version} 编写${isInstalled ? "，即本机安装的版本" : "；本机没有安装它"}。`,
  needsPeople: (file) => `允许的用户写在 ${file} 中，每人一行，只有 root 和代理可读；格式见 docs/proxy.zh-CN.md。`,
  noSites: "Portlock 没有在本机建立过自带用户的站点。",
  people: (site, auth, names) => `${site}（${auth}）：${names.length === 0 ? "没有任何人" : names.join("、")}`,
};

function toWho({ with: shown }: SeenAnswer): string {
  if (shown === "credential") return "出示凭据";
  return shown === "no-credential" ? "不出示凭据" : "出示错误的凭据";
}

function toExpected({ came, expected }: SeenAnswer): string {
  return came === String(expected) ? "" : `，而非 ${expected}`;
}
