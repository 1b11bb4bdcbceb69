import type { DeciderName } from "../../judge/decider-terms.ts";
import type { HostVerdict } from "../report.ts";
import type { Audience, Summary } from "../summary.ts";
import { toPrintable } from "../printable.ts";
import { toTellingNetworks } from "../telling-networks.ts";
import { DECLARATION_REASONS_ZH_CN } from "./declaration-reasons.ts";
import { JOURNAL_ZH_CN } from "./journal.zh-CN.ts";
import { toPathText } from "./lists.ts";
import { PLAN_ZH_CN } from "./plan.zh-CN.ts";
import { PRODUCT_NAMES } from "./product-names.ts";
import { RULES_ZH_CN } from "./rules.zh-CN.ts";
import { PROOFS_ZH_CN } from "./proof-words.ts";
import { TRACE_ZH_CN } from "./trace-words.ts";
import type { Words } from "./words.ts";

/** Simplified Chinese. Commands, ids, settings and product names stay as they are. */
export const ZH_CN: Words = {
  language: "zh-CN",
  rules: RULES_ZH_CN,
  trace: TRACE_ZH_CN,
  plan: PLAN_ZH_CN,
  proofs: PROOFS_ZH_CN,
  journal: JOURNAL_ZH_CN,
  severities: { critical: "严重", high: "高危", medium: "中危", low: "低危", info: "提示" },
  verdicts: { exposed: "暴露", guarded: "受保护", local: "仅本机", unknown: "未知", none: "无" },
  routeVerdicts: { open: "开放", guarded: "需认证", closed: "不通", unknown: "未知" },
  servers: { ...PRODUCT_NAMES, "openai-compatible": "兼容 OpenAI API 的服务" },
  summary: toSentence,
  probeFromOutside: (socket) => `要确认结果，请在另一台机器上运行 \`portlock probe ${socket}\`。`,
  upstreamUnseen: "前面的路由器或云防火墙从本机看不到。要确认结果，请在外部机器上运行 `portlock probe`。",

  vantages: {
    internet: ({ sources, except }) => `互联网${inBrackets(sources.map(toFamily))}${toExcept(except)}`,
    neighbour: ({ sources, except }) =>
      sources.length === 0
        ? "同一私有网络的成员"
        : `同网段 ${listShort(toTellingNetworks(sources))}${toExcept(except)}`,
    container: ({ interface: bridge, sources, except }) =>
      `容器（${[...(bridge === null ? [] : [show(bridge)]), ...sources.slice(0, 3).map(show)].join("，")}）${toExcept(except)}`,
    host: () => "本机其他用户和程序",
    browser: () => "本机浏览器中的网页",
  },
  hops: {
    direct: () => "",
    "published-port": ({ container, to }) => `容器 ${show(container)} 发布的端口，转到 ${show(to)}`,
    "container-address": ({ container, network }) => `直达网络 ${show(network)} 中的容器 ${show(container)}`,
    proxy: ({ name, serverNames, paths, methods = [], to }) => {
      const site = serverNames.length === 0 ? [] : [`域名 ${listShort(serverNames)}`];
      const by = methods.length === 0 ? [] : [`方法 ${listShort(methods)}`];
      const parts = [...site, ...(paths.length === 0 ? [] : [toPaths(paths)]), ...by];
      const isGateway = name === "portlock";
      const proxy = isGateway ? "经 Portlock 网关" : `经代理 ${show(name)}`;
      const gap = isGateway ? "" : " ";
      return `${proxy}${parts.length === 0 ? gap : `（${parts.join("，")}）`}转到 ${show(to)}`;
    },
    tunnel: ({ name, to }) =>
      name === "sshd" ? "由 sshd 转给登录到本机的另一台机器（`ssh -R`）" : `经隧道 ${show(name)} 转到 ${show(to)}`,
    forwarded: ({ by, to }) => `由 ${show(by)} 转发到 ${show(to)}`,
  },
  entry: (address, through) => (through === null ? show(address) : `${show(address)}，经 ${show(through)}`),
  barriers: {
    bind: "监听地址",
    routing: "路由",
    firewall: "防火墙",
    "unit-ip-filter": "unit 的 IP 过滤",
    proxy: "代理",
    "host-check": "Host 校验",
    "origin-check": "Origin 校验",
    authentication: "认证",
  },
  barrierReasons: {
    "listens-here": "监听该地址",
    "listens-elsewhere": "监听的是其他地址",
    "loopback-only": "只监听回环地址",
    "loopback-routed-in": "route_localnet 会把回环地址交给同网段主机",
    "weak-host-model": "内核在所有网卡上都应答该地址",
    "dual-stack-unmeasured": "[::] 是否同时接受 IPv4，未实测",
    "destination-may-be-rewritten": "防火墙或容器的规则可能改写目的地址，绕过本机回环的限制",
    "device-bound": "绑定在另一块网卡上",
    "other-namespace": "监听在另一个网络命名空间",
    "no-way-back": "没有返回发送方的路由",
    "not-forwarded": "本机不向该处转发",
    forwarded: "本机会向该处转发",
    "tunnel-target-unknown": "本机无从得知隧道通往哪里",
    "tunnel-audience-unknown": "不知道隧道另一端的机器是否允许他人使用该端口",
    "routing-unread": "无法读取路由表",
    "sysctl-unread": "无法读取起决定作用的内核参数",
    "no-rule-set": "未加载任何规则",
    "not-judged-yet": "已加载规则，但未分析其对此路径的作用",
    "firewall-unread": "无法读取规则",
    "private-address": "仅当前面的路由器把发往此私有地址的数据包送到本机时才能到达",
    "rules-admit": "规则放行",
    "rules-stop": "规则拦截",
    "rules-send-elsewhere": "规则转发到别处",
    "answer-in-doubt": "规则放行请求，但可能拦截应答",
    "bridge-unread": "未读取到容器之间的数据包是否经过规则",
    "rules-rate": "规则限制连接的频率",
    "rules-sender": "取决于发送方在数据包中写入的内容",
    "rules-unusual": "取决于数据包中少见的内容",
    "rules-moment": "取决于主机当时的状态",
    "rules-not-understood": "有一条规则无法理解",
    "rules-not-read": "未读取到规则所依据的内容",
    "rules-too-complex": "规则分支过多，无法逐一分析",
    "no-ip-filter": "未设置",
    "ip-filter-unproven": "已加载，但是否真正拦截只有从外部连接才能确认",
    "unit-unread": "无法读取 unit",
    "check-refuses": "拒绝外来名称",
    "check-accepts": "接受外来名称",
    "check-off-on-this-address": "仅在监听回环地址时启用，当前未启用",
    "check-unmeasured": "未实测",
    "proxy-sets-host": "代理写入的 Host 会被服务接受",
    "tunnel-passes-its-name": "隧道转交其公开域名，服务拒绝该名称",
    "tunnel-sets-host": "隧道写入的 Host 会被服务接受",
    "caller-chooses-host": "Host 由调用者自选，其中有服务会接受的",
    "proxy-passes-its-name": "代理转交自己的域名，服务拒绝该名称",
    "proxy-lets-sources-in": "在其地址名单之内",
    "proxy-stops-sources": "不在其地址名单之内",
    "proxy-refuses-unexplained": "因无法理解的条件拒绝了本机的请求",
    "proxy-not-understood": "其配置有一部分无法理解",
    "proxy-changed": "配置文件比正在运行的配置新",
    "proxy-upstream-unclear": "转到哪里取决于请求内容",
    "relay-target-unknown": "无从得知它转到哪些服务",
    "proxy-upstream-unresolved": "所转到的名称无法解析",
    "answers-without-credential": "无需凭据即应答",
    "demands-credential": "要求提供凭据",
    "has-no-authentication": "该服务没有认证功能",
    "proxy-demands-nothing": "代理不要求凭据，服务本身也没有认证",
    "proxy-takes-any-credential": "代理只看有没有凭据，任何内容都放行",
    "proxy-asks-service": "代理向另一个服务查询，该服务如何答复未曾实测",
    "tunnel-demands-nothing": "隧道不要求凭据，服务本身也没有认证",
    "authentication-unmeasured": "未实测",
  },
  decider: toDeciderText,
  stoppedBy: (decider) => `被${decider}拦截`,
  letInBy: (nothing, decider) => `${nothing}：由${decider}放行`,
  nothingStops: (upstreamUnseen) => (upstreamUnseen ? "本机无任何拦截" : "无"),
  notKnown: (reasons) => `未知（${reasons.join("；")}）`,

  runBy: (runBy) => {
    if (runBy.kind === "systemd") {
      return `systemd ${runBy.scope === "user" ? "用户级 unit" : "unit"} ${show(runBy.unit)}`;
    }
    if ("container" in runBy) {
      return `${runBy.kind} 容器 ${show(runBy.container)}（镜像 ${show(runBy.image)}）`;
    }
    if (runBy.kind === "unknown") return "启动方式未知";
    return runBy.startedFrom === "session" ? "在登录会话中手工启动" : "独立进程";
  },
  process: (pid, user) => `进程 ${pid}${user === null ? "" : `，用户 ${show(user)}`}`,
  processUnseen: "看不到其进程",
  listensOn: (sockets) =>
    `监听 ${sockets
      .map(({ socket, dualStack }) => (dualStack === true ? `${socket}（IPv6 和 IPv4）` : socket))
      .join("、")}`,
  server: (name, version) => (version === null ? `${name}（版本未知）` : `${name} ${show(version)}`),
  setting: (name, effective, listensOn) =>
    `运行中的进程${effective === null ? `未设置 ${name}` : `：${name}=${show(effective)}`}${
      listensOn === null ? "" : `，即 ${show(listensOn)}`
    }`,
  settingUnread: (name) => `无法读取运行中进程的 ${name}`,
  declaration: (value, place, reaches, why) =>
    `${place} 中的 ${show(value)}：${reaches === true ? "已生效" : `${reaches === false ? "不生效" : "是否生效未知"}，${why}`}`,
  declarationReasons: DECLARATION_REASONS_ZH_CN,

  facts: {
    identity: "主机信息",
    listeners: "监听套接字",
    unseen: "其他用户的进程和网络命名空间",
    processes: "进程",
    networks: "网卡和路由",
    units: "systemd unit",
    environmentFiles: "环境变量文件",
    containers: "容器",
    firewall: "防火墙规则",
    managers: "防火墙管理程序的配置",
    sessions: "已建立的连接",
    proxies: "反向代理",
    tunnels: "隧道",
    answers: "监听端口的应答",
    files: "文件属主和权限",
  },
  whys: {
    absent: "不存在",
    denied: "权限不足",
    timeout: "超时",
    unparsed: "无法解析",
    "too-large": "数量或内容过多",
    failed: "失败",
  },
  missingFixes: {
    absent: ({ from }) => `请安装提供 \`${show(from)}\` 的软件包，或到装有它的主机上读取。`,
    denied: ({ fact }, { uid }) =>
      fact === "answers"
        ? "请允许该登录连接主机自身的端口（其 sshd_config 中设 `AllowTcpForwarding local`），" +
          "或在该主机上运行 `portlock record`，再到本机判断。"
        : uid === 0
          ? "读取时已是 root，仍被拒绝：请在所处的容器或沙箱之外运行。"
          : "请以 root 运行：`sudo portlock audit`；通过 SSH 时以 root 登录；使用记录文件时以 root 重新记录。",
    timeout: () => "请重试；若仍超时，可能是主机负载过高或某个挂载点无响应。",
    unparsed: ({ from }) =>
      from.startsWith("/")
        ? `请附上 ${show(from)} 处的内容（去掉密钥）提交问题：Portlock 本应能解析。`
        : `请附上 \`${show(from)}\` 的输出提交问题：Portlock 本应能解析。`,
    "too-large": ({ from }) => `\`${show(from)}\` 超出 Portlock 的读取上限，请人工查看。`,
    failed: ({ from }) => `请手工执行 \`${show(from.replace(/^GET /, "curl -i "))}\`，查看失败原因。`,
  },

  host: (name, os, kernel, recordedAt) =>
    [
      show(name),
      os === null ? null : show(os),
      kernel === null ? null : `内核 ${show(kernel)}`,
      `读取时间 ${recordedAt}`,
    ]
      .filter((part) => part !== null)
      .join("，"),
  labelled: (label, text) => `${label}：${text}`,
  join: (parts) => parts.join("，"),
  more: (count) => `另有 ${count} 处`,
  headings: {
    who: "来源",
    way: "经由",
    stops: "拦截",
    verdict: "结论",
    evidence: "证据",
    route: "路径",
    findings: "发现的问题",
    why: "影响",
    fix: "修复",
    missing: "未能读取",
    noFindings: "未发现问题。",
    noRoutes: "没有可判定的路径。",
  },
  moreAbout: (rule) => `查看规则说明：portlock explain ${rule}`,
  sameCommand: (rule) => `（命令与上文 ${rule} 相同）`,
  findingCount: (counts) => counts.map(({ severity, count }) => `${ZH_CN.severities[severity]} ${count} 项`).join("，"),

  explain: {
    title: "规则",
    intro: "Portlock 的全部规则：检查什么、有什么影响、如何修复，以及如何确认已修复。",
    what: "检查内容",
    why: "影响",
    fix: "修复方法",
    check: "如何确认",
    sources: "参考资料",
    example: "示例",
    generated: "本文件由 scripts/print-rules.ts 根据 src/report/words 中的文字生成，请勿手工修改。",
  },
};

/** One sentence for each verdict; `server` is null where none was found. */
const SENTENCES: Readonly<Record<HostVerdict, (summary: Summary, server: string | null) => string>> = {
  exposed: ({ audience }, server) => `暴露：${toAudience(audience)}，无需凭据即可使用 ${server ?? "模型服务"}。`,
  guarded: ({ audience }, server) => `受保护：${toAudience(audience)}可以连接 ${server ?? "模型服务"}，但须提供凭据。`,
  local: (_summary, server) => `仅本机：只有本机能够访问 ${server ?? "模型服务"}。`,
  none: () => "无：本机未发现模型服务。",
  unknown: ({ missing, unknown }, server) => {
    if (server === null) return `未知：无法判断本机是否运行模型服务；未能读取：${toFacts(missing)}。`;
    const reasons = unknown
      .map(({ kind, why }) => `${ZH_CN.barriers[kind]}（${ZH_CN.barrierReasons[why]}）`)
      .join("、");
    return `未知：无法判断谁能访问 ${server}${reasons === "" ? "" : `，原因：${reasons}`}。`;
  },
};

function toSentence(summary: Summary): string {
  const sentence = SENTENCES[summary.verdict](summary, summary.server === null ? null : toServer(summary.server));
  return summary.others === 0 ? sentence : `${sentence}另有 ${summary.others} 个服务情况相同。`;
}

function toServer({ kind, version, ports }: NonNullable<Summary["server"]>): string {
  const name = `${ZH_CN.servers[kind]}${version === null ? "（版本未知）" : ` ${show(version)}`}`;
  return `${name}（端口 ${ports.length === 0 ? "未知" : ports.slice(0, 4).join("、")}）`;
}

function toAudience({ internet, neighbours, containers }: Audience): string {
  const places: string[] = [];
  if (internet === "yes") places.push("互联网");
  if (internet === "as-far-as-seen") places.push("互联网（就本机所见）");
  if (neighbours.length > 0) places.push(toNetworks(toTellingNetworks(neighbours)));
  if (containers) places.push("本机容器");
  return places.length === 0 ? "能连到本机的任何人" : `来自${join(places)}的任何人`;
}

function toNetworks(networks: readonly string[]): string {
  const [first = "", second] = networks.map(show);
  if (networks.length > 2) return ` ${first} 等 ${networks.length} 个网段`;
  return second === undefined ? `网段 ${first} ` : `网段 ${first}、${second} `;
}

function toFacts(names: readonly string[]): string {
  return names.length === 0 ? "见下文" : names.map((name) => ZH_CN.facts[name] ?? show(name)).join("、");
}

function toFamily(source: string): string {
  return source === "0.0.0.0/0" ? "IPv4" : source === "::/0" ? "IPv6" : show(source);
}

function toDeciderText(name: DeciderName): string {
  switch (name.kind) {
    case "ufw-rule":
      return ` \`${show(name.command)}\` `;
    case "ufw-default":
      return ` ufw 的默认策略（${name.policy} ${name.direction}）`;
    case "ufw-built-in":
      return ` ufw 自带的规则（链 ${show(name.chain)}）`;
    case "firewalld-zone":
      return ` firewalld 的区域 ${show(name.zone)}${name.element === null ? " " : `（${show(name.element.text)}）`}`;
    case "firewalld-policy":
      return ` firewalld 的策略 ${show(name.policy)} `;
    case "firewalld-built-in":
      return ` firewalld 自带的规则（链 ${show(name.chain)}）`;
    case "docker-port":
      return ` Docker 为端口 ${name.port} 写的规则`;
    case "docker-chain":
      return ` Docker 的链 ${show(name.chain)} 中的规则`;
    case "rule":
      return `链 ${show(name.chain)} 中的规则（表 ${show(name.table)}）`;
    case "policy":
      return `链 ${show(name.chain)} 的默认策略 ${name.policy ?? "（未读取）"}（表 ${show(name.table)}）`;
  }
}

function toExcept(networks: readonly string[]): string {
  return networks.length === 0 ? "" : `，${listShort(networks)} 除外`;
}

function inBrackets(parts: readonly string[]): string {
  return parts.length === 0 ? "" : `（${parts.slice(0, 3).map(show).join("，")}）`;
}

/** The paths that a proxy hands on: a list of what is let through is told by its first. */
function toPaths(paths: readonly string[]): string {
  const shown = paths.map((path) => show(toPathText(path)));
  return shown.length > 3 ? `${shown[0] ?? ""} 等 ${shown.length} 个路径` : shown.join("、");
}

function listShort(values: readonly string[]): string {
  const shown = values.slice(0, 3).map(show).join("、");
  return values.length > 3 ? `${shown} 等 ${values.length} 个` : shown;
}

function join(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join("、")}以及${parts.at(-1) ?? ""}`;
}

function show(value: string): string {
  return toPrintable(value, 60);
}
