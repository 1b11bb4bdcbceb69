import { toPrintable } from "../../report/printable.ts";
import { ZH_CN } from "../../report/words/zh-CN.ts";
import { listOpenRoutes } from "./open-routes.ts";
import type { GatewayWords } from "./gateway-words.ts";

/** `portlock gateway` 的简体中文文字。 */
export const GATEWAY_ZH_CN: GatewayWords = {
  about: {
    brief: "只让持有密钥的人访问",
    description:
      "在模型服务之前监听，只转发密钥所允许的请求。密钥由 `portlock keys` 创建。未指定 --upstream 时使用本机的 Ollama。" +
      "默认只监听回环地址；若起不到保护作用，则拒绝启动。访问日志写到标准输出。SIGTERM：等进行中的请求结束后退出；" +
      "SIGHUP：重新打开日志并重新读取证书。",
    examples: [
      ["", "http://127.0.0.1:11435，位于本机 Ollama 之前"],
      ["--listen 0.0.0.0:11435 --tls-self-signed", "面向网络，用自行生成的证书加密"],
      [
        "--listen [::]:443 --tls-cert chain.pem --tls-key key.pem --upstream http://127.0.0.1:11434",
        "使用已有证书；证书更新后无需重启",
      ],
      ["--metrics 127.0.0.1:9464 --log /var/log/portlock/access.log", "提供 Prometheus 指标，并把日志写入文件"],
    ],
  },
  install: {
    brief: "让网关作为服务随主机启动",
    description:
      "显示一个权限极小的服务 unit，征得同意后启动它，并在不带密钥的情况下请求一次——网关必须拒绝。密钥仍保存在 root 的 " +
      "`portlock keys` 所用的位置。`portlock undo` 移除服务，保留密钥。PostgreSQL 或 Redis 的密码请写入只有 root 可读的 " +
      "/etc/portlock/gateway.env（PGPASSWORD、PORTLOCK_REDIS_URL）。除 --dry-run 和 --print 外需要 root。",
    examples: [
      ["--dry-run", "只显示将要执行的操作"],
      ["--listen 0.0.0.0:11435 --tls-self-signed", "面向网络，使用自行生成的证书"],
      [
        "--listen [::]:443 --tls-cert /etc/ssl/chain.pem --tls-key /etc/ssl/private/key.pem",
        "使用已有证书；私钥可以仍只属于 root",
      ],
      ["--print", "只输出 unit"],
    ],
  },
  check: {
    brief: "检查他人能否绕过网关访问模型服务",
    description: "审计本机；若模型服务对他人开放，或无法判断，则以退出码 2 结束。服务每次启动前都会运行它。",
    examples: [["--upstream http://127.0.0.1:11434", "网关所保护的服务"]],
  },
  flags: {
    listen: "监听位置；默认 127.0.0.1:11435",
    upstream: "模型服务：http://127.0.0.1:11434 或 unix:/路径；默认为本机的 Ollama",
    tlsCert: "证书（PEM，含证书链）；文件变化后自动重新读取",
    tlsKey: "证书的私钥（PEM）",
    tlsSelfSigned: "自行生成证书（需要 openssl 命令），保存在数据目录中",
    clientCa: "只接受持有这些机构所签证书的客户端（PEM）",
    origin: "允许其网页使用网关的来源；可多次给出",
    parallel: "模型服务同时处理的请求数，同 OLLAMA_NUM_PARALLEL；默认 4",
    maxWaiting: "可以排队等待的请求数；默认 512",
    redis: "供多个网关共享限额的 Redis 或 Valkey；带密码的 URL 请放入 PORTLOCK_REDIS_URL",
    metrics: "供 Prometheus 读取指标的位置；默认不提供",
    log: "访问日志文件；默认写到标准输出",
    drain: "收到 SIGTERM 后，进行中的请求最多还能用多久；默认 15m",
    evenSo: "即使不安全也启动：没有 TLS，或他人可直接访问模型服务",
    print: "只输出 unit",
    json: "输出一个 JSON 文档",
  },
  placeholders: {
    listen: "主机:端口",
    upstream: "URL",
    origin: "https://chat.example.com",
    redis: "URL",
    drain: "15m",
  },
  usage: {
    badListen: "请写成 主机:端口、[IPv6]:端口 或仅端口",
    badUpstream: "请写成 http://主机:端口、https://主机:端口 或 unix:/路径，不带路径、查询或密码",
    badOrigin: "请像浏览器那样写出协议和主机，例如 https://chat.example.com；不支持 *",
  },
  troubles: {
    "flag-missing": ({ flag, needs }) => ({
      sentence: `${flag} 须与 ${needs} 一起使用。`,
      hint: `请同时给出 ${needs}。`,
    }),
    "redis-password": () => ({
      sentence: "命令行中的密码，本机上的任何人都能看到。",
      hint: "请改用环境变量 PORTLOCK_REDIS_URL。",
    }),
    "upstream-not-found": ({ urls }) =>
      urls.length === 0
        ? {
            sentence: "本机上没有找到 Ollama。",
            hint: "请先启动它，或指明模型服务的位置：--upstream http://主机:端口",
          }
        : {
            sentence: `本机上有多个 Ollama：${urls.join("、")}。`,
            hint: `请指明使用哪一个：--upstream ${urls[0] ?? ""}`,
          },
    "upstream-exposed": ({ server }, own) => ({
      sentence: `他人可绕过网关直接访问模型服务，无需密钥：${listOpenRoutes(server, ZH_CN).map(show).join("；")}。`,
      hint: `请先关闭：\`${own("harden")}\`。仍要启动：--even-so`,
    }),
    "upstream-unknown": ({ server }, own) => ({
      sentence: `无法判断他人能否直接访问模型服务（${server.id}）。`,
      hint: `以 root 运行 \`${own("audit")}\` 可知缺少什么。仍要启动：--even-so`,
    }),
    "upstream-listens-wide": ({ socket }) => ({
      sentence: `监听在 ${show(socket)} 的服务可以从外部直接访问，不经过网关。`,
      hint: "请让它只监听 127.0.0.1。仍要启动：--even-so",
    }),
    "program-unfit": ({ path, why }) => ({
      sentence:
        why === "writable"
          ? `除 root 外还有人可以修改 ${show(path)}，也就能改变服务运行的内容。`
          : why === "hidden"
            ? `服务看不到 ${show(path)}：主目录和临时目录对它是隐藏的。`
            : `服务无法读取 ${show(path)}。`,
      hint: "请以 root 身份为所有用户安装 Node.js 和 Portlock：npm install --global portlock（或放在 /opt 下），再运行该版本。",
    }),
    "data-not-of-service": ({ place }) => ({
      sentence: `服务不能把密钥保存在 ${show(place)}。`,
      hint: "请省略 --data，或给出 /var/lib 下的一级目录，或以 root 身份运行。",
    }),
    "pepper-elsewhere": ({ file, own }) => ({
      sentence: `服务无法读取 ${show(file)}。`,
      hint: `请把它复制到 ${show(own)}（权限 0600），并取消设置 PORTLOCK_PEPPER_FILE。`,
    }),
    "path-not-absolute": ({ path }) => ({
      sentence: `服务没有当前目录，无法找到 ${show(path)}。`,
      hint: "请给出以 / 开头的完整路径。",
    }),
  },
  startTroubles: {
    "beyond-loopback-without-tls": ({ listen }) => ({
      sentence: `在 ${show(listen)} 上，密钥会以明文在网络上传输。`,
      hint: "请加上 --tls-self-signed，或 --tls-cert 和 --tls-key。若前面已有加密的代理：--even-so",
    }),
    "beyond-loopback-without-keys": ({ listen }) => ({
      sentence: `${show(listen)} 上的网关还没有任何密钥。`,
      hint: "请先创建：portlock keys create 名称",
    }),
    "metrics-beyond-loopback": ({ listen }) => ({
      sentence: `--metrics 的指标无需密钥，在 ${show(listen)} 上任何人都能读取。`,
      hint: "请使用 127.0.0.1:9464 之类的地址。仍要启动：--even-so",
    }),
    "upstream-is-gateway": ({ upstream }) => ({
      sentence: `${show(upstream)} 正是网关自己要监听的地址。`,
      hint: "请用 --upstream 给出模型服务的地址，或用 --listen 换一个监听地址。",
    }),
    "bad-redis": () => ({
      sentence: "无法识别 Redis 的 URL。",
      hint: "请写成 redis://主机:端口、rediss://主机:端口 或 unix:/路径。",
    }),
    "redis-gone": () => ({
      sentence: "连接不到 Redis，或它不接受要共享的内容。",
      hint: "请启动它；若只有这一个网关，请去掉 --redis。",
    }),
    "address-in-use": ({ listen }) => ({
      sentence: `${show(listen)} 已被占用。`,
      hint: "查看占用者：ss -ltnp。或用 --listen 换一个位置。",
    }),
    "listen-denied": ({ listen, detail }) => ({
      sentence: `无法在 ${show(listen)} 上监听（${show(detail)}）。`,
      hint: "地址必须属于本机；1024 以下的端口需要 root 或以服务方式运行。",
    }),
    "tls-incomplete": () => ({
      sentence: "没有 TLS 时，--client-ca 不起作用。",
      hint: "请加上 --tls-cert 和 --tls-key，或 --tls-self-signed。",
    }),
    "tls-pair-broken": ({ file, detail }) => ({
      sentence: `${show(file)} 与其私钥不是可用的一对（${show(detail)}）。`,
      hint: "请检查两者：openssl x509 -in 证书 -noout -text；openssl pkey -in 私钥 -noout -check",
    }),
    "tls-key-readable": ({ file }) => ({
      sentence: `本机上任何人都能读取私钥 ${show(file)}。`,
      hint: `请执行 chmod 600 ${show(file)}；最好换一把新私钥，它可能已经泄露。`,
    }),
    "tls-self-signed-failed": ({ detail }) => ({
      sentence: `无法生成证书（${show(detail)}）。`,
      hint: "请安装 openssl，或给出 --tls-cert 和 --tls-key。",
    }),
    "client-ca-broken": ({ file, detail }) => ({
      sentence: `${show(file)} 中没有证书颁发机构的证书（${show(detail)}）。`,
      hint: "请给出为客户端签发证书的机构的 PEM 文件。",
    }),
    "file-unreadable": ({ file, detail }) => ({
      sentence: `无法读取 ${show(file)}（${show(detail)}）。`,
      hint: "请检查路径和权限。",
    }),
    "log-unwritable": ({ file, detail }) => ({
      sentence: `无法写入访问日志 ${show(file)}（${show(detail)}）。`,
      hint: "请检查目录及其权限；不会跟随链接。",
    }),
  },
  started: ({ url, upstream, keys, fingerprint, metricsUrl }) => [
    `${show(url)} 已启动，${keys} 把密钥可以访问 ${show(upstream)}。`,
    ...(keys === 0 ? ["还没有密钥。请创建：portlock keys create 名称"] : []),
    ...(fingerprint === null ? [] : [`证书的 SHA-256：${fingerprint}`]),
    ...(metricsUrl === null ? [] : [`Prometheus 指标：${show(metricsUrl)}`]),
  ],
  installed: (url) => `网关已在 ${show(url)} 运行：不带密钥的请求得到 401。查看密钥：portlock keys list`,
  seeJournal: "服务的输出：journalctl -u portlock-gateway",
  nobodyElse: "其他主机和容器都不能绕过网关访问模型服务；未检查本机的其他用户。",
  draining: (seconds) => `正在结束：进行中的请求还有 ${seconds} 秒。再发一次信号会立即结束。`,
  ended: "已结束。",
  trouble: (what) => `出现问题：${what}`,
};

function show(text: string): string {
  return toPrintable(text, 300);
}
