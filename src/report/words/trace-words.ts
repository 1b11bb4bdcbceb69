import type { DoubtReason, Hook } from "../../firewall/rule-set.ts";
import type { Trace, TraceDecider, TraceFault, TraceStep } from "../../judge/trace.ts";

type RuleStep = Extract<TraceStep, { kind: "rule" }>;
type RoutingStep = Extract<TraceStep, { kind: "routing" }>;
type RoutingReason = Extract<TraceDecider, { kind: "routing" }>["why"];

/** What `portlock trace` says, in one language. */
export interface TraceWords {
  /** Where the packet comes in; `route` is the way back to its source, null where the user named the interface. */
  comesIn(source: string, entry: string, door: string, route: string | null): string;
  readonly hooks: Readonly<Record<Hook, string>>;
  chain(chain: string, table: string, hook: string, priority: number): string;
  readonly does: Readonly<Record<Exclude<RuleStep["does"], "jump">, string>>;
  jumpsTo(chain: string): string;
  policy(policy: string | null): string;
  /** The host decides where the packet goes; `out` is the interface by which it leaves. */
  readonly routing: Readonly<Record<RoutingStep["to"], (out: string | null) => string>>;
  readonly noChain: string;
  readonly verdicts: Readonly<Record<Trace["verdict"], string>>;
  decidedBy(decider: string): string;
  readonly byNobody: string;
  readonly routingReasons: Readonly<Record<RoutingReason, string>>;
  readonly doubts: Readonly<Record<DoubtReason, string>>;
  arrivesAt(place: string, isHere: boolean): string;
  rewrittenBy(rule: string): string;
  /** Who listens there. */
  socket(evidence: string): string;
  container(name: string): string;
  readonly nobody: string;
  readonly listenerUnknown: string;
  answerInDoubt(rule: string): string;
  readonly faults: Readonly<Record<TraceFault, { readonly sentence: string; readonly hint: string }>>;
}

export const TRACE_EN: TraceWords = {
  comesIn: (source, entry, door, route) =>
    `A new connection from ${source} to ${entry} comes in by ${door}` +
    (route === null ? ", as you said." : `, the interface of the way back (${route}).`),
  hooks: {
    ingress: "ingress",
    prerouting: "before routing",
    input: "to this host",
    forward: "sent on",
    output: "from this host",
    postrouting: "after routing",
  },
  chain: (chain, table, hook, priority) => `${chain} of table ${table} (${hook}, priority ${priority})`,
  does: {
    stay: "goes on",
    accept: "accepts",
    drop: "stops it",
    return: "returns",
    rewritten: "changes the destination",
    changed: "marks it and goes on",
    undecidable: "may end it",
    "may-match": "may match",
  },
  jumpsTo: (chain) => `goes to chain ${chain}`,
  policy: (policy) => `end of the chain: policy ${policy ?? "not read"}`,
  routing: {
    input: () => "Routing: the packet is for this host.",
    forward: (out) => `Routing: the packet is sent on${out === null ? "" : ` by ${out}`}.`,
    stopped: () => "Routing: this host does not take the packet.",
    unknown: () => "Routing: where the packet goes was not read.",
  },
  noChain: "No rule of a packet filter stands in its way.",
  verdicts: { admitted: "ADMITTED", stopped: "STOPPED", undecidable: "NOT KNOWN" },
  decidedBy: (decider) => `by ${decider}`,
  byNobody: "no rule decides",
  routingReasons: {
    "does-not-forward": "this host sends on no packets of others",
    "no-route": "this host has no route to the destination",
    "loopback-from-outside": "the kernel refuses loopback addresses from outside",
    "not-read": "the routes of this host were not read",
  },
  doubts: {
    rate: "a rule limits how many connections pass",
    sender: "it depends on what the sender writes into the packet",
    unusual: "it depends on what a plain packet does not bear",
    moment: "it depends on what the host holds at that moment",
    "not-understood": "a rule is not understood",
    "not-read": "what a rule asks for was not read",
    "too-complex": "the rules branch too often to follow",
  },
  arrivesAt: (place, isHere) => `Arrives at ${place}${isHere ? " on this host" : ", beyond this host"}.`,
  rewrittenBy: (rule) => `The destination was changed by ${rule}.`,
  socket: (evidence) => `There listens: ${evidence}`,
  container: (name) => `That is container ${name}.`,
  nobody: "Nobody listens there.",
  listenerUnknown: "Who listens there is not known.",
  answerInDoubt: (rule) => `The answer may be stopped by ${rule}.`,
  faults: {
    "interfaces-unread": {
      sentence: "The interfaces and routes of the host could not be read.",
      hint: "Install iproute2 (the command `ip`) there, or run as root.",
    },
    "rules-unread": {
      sentence: "The rules of the host could not be read.",
      hint: "Run the same command with sudo; over SSH, log in as root. A recording has to be made as root.",
    },
    "other-family": {
      sentence: "Source and destination must both be IPv4, or both IPv6.",
      hint: "Name a source and a destination of one family; without an address in --to the host's own is taken.",
    },
    "own-source": {
      sentence: "The source is an address of the host itself: such a packet does not come in from outside.",
      hint: "Name somebody else's address. What the host's own programs reach, `portlock audit` says.",
    },
    "loopback-source": {
      sentence: "The source is a loopback address: the kernel takes no such packet from outside.",
      hint: "Name the address of another machine.",
    },
    "no-such-interface": {
      sentence: "The host has no interface of that name.",
      hint: "`ip link` on the host lists them.",
    },
    "no-route": {
      sentence:
        "The host has no route to that source, so that it could not answer, and nothing says by which interface it comes.",
      hint: "Name the interface by which it comes in: --in eth0",
    },
    "no-address": {
      sentence: "The interface has no address of that family.",
      hint: "Name the destination with its address: --to 10.0.0.5:11434",
    },
  },
};

export const TRACE_ZH_CN: TraceWords = {
  comesIn: (source, entry, door, route) =>
    `从 ${source} 到 ${entry} 的新连接经由 ${door} 进入` +
    (route === null ? "（由你指定）。" : `，即应答所走的接口（${route}）。`),
  hooks: {
    ingress: "入口",
    prerouting: "路由之前",
    input: "发往本机",
    forward: "转发",
    output: "本机发出",
    postrouting: "路由之后",
  },
  chain: (chain, table, hook, priority) => `表 ${table} 的链 ${chain}（${hook}，优先级 ${priority}）`,
  does: {
    stay: "继续",
    accept: "放行",
    drop: "拦截",
    return: "返回",
    rewritten: "改写目的地址",
    changed: "打标记后继续",
    undecidable: "可能在此结束",
    "may-match": "可能匹配",
  },
  jumpsTo: (chain) => `进入链 ${chain}`,
  policy: (policy) => `链结束：默认策略 ${policy ?? "未读取"}`,
  routing: {
    input: () => "路由：数据包发往本机。",
    forward: (out) => `路由：数据包被转发${out === null ? "" : `，从 ${out} 发出`}。`,
    stopped: () => "路由：本机不接收该数据包。",
    unknown: () => "路由：未读取到数据包的去向。",
  },
  noChain: "没有任何包过滤规则拦在路上。",
  verdicts: { admitted: "放行", stopped: "拦截", undecidable: "未知" },
  decidedBy: (decider) => decider.trim(),
  byNobody: "没有规则作出决定",
  routingReasons: {
    "does-not-forward": "本机不转发他人的数据包",
    "no-route": "本机没有到目的地址的路由",
    "loopback-from-outside": "内核拒收来自外部的回环地址",
    "not-read": "未读取到本机的路由",
  },
  doubts: {
    rate: "有规则限制连接的频率",
    sender: "取决于发送方在数据包中写入的内容",
    unusual: "取决于普通数据包不带的内容",
    moment: "取决于主机当时的状态",
    "not-understood": "有一条规则无法理解",
    "not-read": "未读取到规则所依据的内容",
    "too-complex": "规则分支过多，无法逐一分析",
  },
  arrivesAt: (place, isHere) => `到达 ${place}${isHere ? "（本机）" : "（本机之外）"}。`,
  rewrittenBy: (rule) => `目的地址由此规则改写：${rule}`,
  socket: (evidence) => `在此监听：${evidence}`,
  container: (name) => `这是容器 ${name}。`,
  nobody: "那里没有程序监听。",
  listenerUnknown: "不清楚谁在那里监听。",
  answerInDoubt: (rule) => `应答可能被拦截：${rule}`,
  faults: {
    "interfaces-unread": {
      sentence: "无法读取主机的网络接口和路由。",
      hint: "请在该主机上安装 iproute2（命令 `ip`），或以 root 运行。",
    },
    "rules-unread": {
      sentence: "无法读取主机的规则。",
      hint: "请用 sudo 运行同一命令；通过 SSH 时以 root 登录。记录文件也须以 root 生成。",
    },
    "other-family": {
      sentence: "来源和目的地址必须同为 IPv4 或同为 IPv6。",
      hint: "请使用同一种地址；--to 中不写地址时，使用主机自己的地址。",
    },
    "own-source": {
      sentence: "来源是主机自己的地址：这样的数据包不会从外部进入。",
      hint: "请指定别人的地址。主机自身的程序能访问什么，请看 `portlock audit`。",
    },
    "loopback-source": {
      sentence: "来源是回环地址：内核不接收来自外部的这类数据包。",
      hint: "请指定另一台机器的地址。",
    },
    "no-such-interface": { sentence: "主机没有这个名字的网络接口。", hint: "在该主机上用 `ip link` 查看。" },
    "no-route": {
      sentence: "主机没有到该来源的路由，因此无法应答，也无从得知数据包从哪个接口进入。",
      hint: "请指定进入的接口：--in eth0",
    },
    "no-address": {
      sentence: "该接口没有此类地址。",
      hint: "请写明目的地址：--to 10.0.0.5:11434",
    },
  },
};
