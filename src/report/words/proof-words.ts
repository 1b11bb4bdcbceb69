import type { OldSession, Outcome, Place, SiteProof, Survival, UntriedReason } from "../../verify/proofs.ts";
import { ASKED_EN, ASKED_ZH_CN, type AskedWords } from "./asked-words.ts";
import { MADE } from "./lists.ts";
import { UPLOADED_EN, UPLOADED_ZH_CN, type UploadedWords } from "./uploaded-words.ts";

/** What `portlock verify` and its evidence say, in one language. Texts from a host come in printable. */
export interface ProofWords {
  readonly headings: Readonly<
    Record<
      | "proofs"
      | "at"
      | "place"
      | "address"
      | "expected"
      | "seen"
      | "oldSessions"
      | "survival"
      | "event"
      | "holds"
      | "because"
      | "untried"
      | "urls"
      | "evidence"
      | "before"
      | "change"
      | "after"
      | "server"
      | "sites"
      | "remarks",
      string
    >
  >;
  place(place: Place): string;
  readonly outcomes: Readonly<Record<Exclude<Outcome["kind"], "answered">, string>>;
  answered(status: number, isModelServer: boolean): string;
  /** A verdict and what it was concluded from. */
  seen(verdict: string, outcome: string): string;
  /** Said of a connection that came to something else than was expected. */
  readonly parts: string;
  /** How many connections were tried, and how many of them parted from what was said before. */
  tried(connections: number, parting: number): string;
  /** Several places in one sentence. */
  places(places: readonly string[]): string;
  /** All that was tried from outside was turned away: `places` is where from. */
  closedFrom(places: string, connections: number): string;
  /** Somebody outside was served. */
  openFrom(places: string, connections: number): string;
  /** Not the server is open but what hands on to it: `by` at `place`, a file and line where that is known. */
  openedBy(by: string, place: string | null, rule: string): string;
  /** They were served by the way they came in, and nobody is who comes in by another. */
  openByOwnLink(places: string, connections: number): string;
  /** Who calls only by address and port does not meet these sites; each is a way, with the port it begins at. */
  sitesNotCalled(ways: string): string;
  readonly nothingFromOutside: string;
  /** What the host's own connections say, and what they do not. */
  readonly ownProvesNothing: string;
  oldSession(session: OldSession): string;
  /** Above the command that does it. */
  readonly cutHint: string;
  readonly restartHint: string;
  readonly noCommand: string;
  readonly events: Readonly<Record<Survival["event"], string>>;
  readonly holds: Readonly<Record<"yes" | "no" | "unknown", string>>;
  readonly reasons: Readonly<Record<Survival["because"], string>>;
  readonly untried: Readonly<Record<UntriedReason, (detail: string) => string>>;
  /** Heading of one site: the proxy, its file where Portlock wrote it, and its place. */
  site(proxy: string, file: string | null, place: string): string;
  /** Some requests that came to what was expected. `refused` and `let` are how many of them. */
  siteTries(shown: SiteProof["shown"], count: { readonly refused: number; readonly let: number }): string;
  /** One request that did not. */
  siteParts(shown: SiteProof["shown"], request: string, expected: SiteProof["expected"], came: string): string;
  /** So many others did not either. */
  sitePartsMore(shown: SiteProof["shown"], count: number): string;
  /** So many calls by other names met no model server. */
  otherwise(calls: number): string;
  /** One of them did; null: it was called by its address. */
  otherwiseParts(name: string | null, came: string): string;
  /** Milliseconds until a wrong password was refused. */
  refusedAfter(unknownName: number, knownName: number): string;
  /** The site refuses more than so many requests a minute. */
  readonly siteCut: string;
  readonly asked: AskedWords;
  readonly uploaded: UploadedWords;
  /** What is not asked of anybody's site; `asked` where a model generated through it, `uploaded` where something was. */
  sitesCaveat(done: { readonly knocked: boolean; readonly asked: boolean; readonly uploaded: boolean }): string;
  readonly urlsHint: string;
  changed(id: string, state: string): string;
  readonly notRecorded: string;
  readonly nothingUntried: string;
  readonly caveat: string;
}

/** Who demands a credential shows no stranger what is behind it. */
function isCredentialDemanded(status: number): boolean {
  return status === 401 || status === 407;
}

export const PROOFS_EN: ProofWords = {
  headings: {
    proofs: "What was tried",
    at: "When",
    place: "From",
    address: "To",
    expected: "Expected",
    seen: "Seen",
    oldSessions: "Connections that outlived the rules",
    survival: "Will it stay closed",
    event: "After",
    holds: "Stays closed",
    because: "Because",
    untried: "What was not tried",
    urls: "For a colleague elsewhere",
    evidence: "Evidence",
    before: "Before",
    change: "Change",
    after: "After",
    server: "Server",
    sites: "What the proxy lets through",
    remarks: "Remarks",
  },
  place: (place) => {
    if (place.kind === "host") return "this host itself";
    if (place.kind === "ssh") return place.target;
    const source = place.source === "" ? "" : ` ${place.source}`;
    return place.as === "neighbour" ? `a neighbour${source}` : `a stranger${source}`;
  },
  outcomes: {
    refused: "refused",
    timeout: "no answer in time",
    unroutable: "no way to it",
    "not-http": "no HTTP",
    "tls-failed": "TLS failed",
    closed: "closed without an answer",
    "not-possible": "could not be tried",
  },
  answered: (status, isModelServer) =>
    isModelServer || isCredentialDemanded(status) ? `HTTP ${status}` : `HTTP ${status}, no model server`,
  seen: (verdict, outcome) => `${verdict} (${outcome})`,
  parts: "NOT AS EXPECTED",
  tried: (connections, parting) =>
    `${connections} ${connections === 1 ? "connection" : "connections"} tried; ` +
    (parting === 0 ? "none contradicts what was expected." : `${parting} not as expected.`),
  places: (places) => places.join(" and "),
  closedFrom: (places, connections) =>
    `Closed as seen from ${places}: ${connections === 1 ? "the one new connection was" : `all ${connections} new connections were`} turned away.`,
  openFrom: (places, connections) =>
    `OPEN as seen from ${places}: ${connections === 1 ? "a new connection was" : `${connections} new connections were`} served without a credential.`,
  openedBy: (by, place, rule) =>
    `What is open is ${by}${place === null ? "" : ` (${place})`}, which hands on to the server: \`portlock explain ${rule}\` says how it is closed` +
    (MADE.has(by) ? `, and \`portlock proxy ${by}\` makes a site that asks for a credential.` : "."),
  openByOwnLink: (places, connections) =>
    `Served to ${places} by the interface made for the trial, as the rules say: ${connections}. What keeps others out names the interfaces they come in by, and was not tried.`,
  sitesNotCalled: (ways) => `Not called, for it takes a name or a path of its own: ${ways}.`,
  nothingFromOutside: "No connection from outside was tried: whether anything is stopped was not proved.",
  ownProvesNothing: "A connection from the host to itself shows that it serves; it says nothing about a firewall.",
  oldSession: ({ local, remote, cut }) =>
    cut ? `${remote} to ${local}: was cut` : `${remote} to ${local}: still open`,
  cutHint: "To cut them:",
  restartHint: "This kernel cut none of them, or not all; a restart of the server does:",
  noCommand: "restart the server",
  events: {
    "service-restart": "a restart of the service",
    "daemon-reload": "systemctl daemon-reload, and the next start",
    reboot: "a reboot",
    "firewall-reload": "a reload of the firewall",
    "docker-restart": "a restart of Docker",
    "vendor-upgrade": "an upgrade by the vendor's installer",
  },
  holds: { yes: "yes", no: "NO", unknown: "not known" },
  reasons: {
    "declared-and-effective-agree": "what is declared is what is in effect",
    rehearsed: "it was done, and every door tried again",
    "runtime-only": "what closes it is under /run and is lost",
    "daemon-reload-missing": "a file says something else than systemd has read",
    "restart-missing": "the setting that is declared is not in effect yet",
    "in-overwritten-unit": "the installer writes that unit file anew",
    "drop-in-stays": "the installer leaves drop-ins alone",
    "engine-writes-it-again": "the container engine writes its rules and ports anew",
    "own-service-loads-it": "a service of Portlock's own loads it",
    "own-file-differs": "the file that Portlock's own service loads says something else than what is in effect",
    "rule-not-saved": "nothing that was read loads this rule again",
    "managers-fight": "another manager of rules takes these away when it loads its own",
    "started-by-hand": "whoever starts it decides each time where it listens",
    "not-enabled": "the service is not enabled and does not start",
    "facts-missing": "what is needed to tell was not read",
  },
  untried: {
    "no-tool": (detail) => `the host lacks a tool for it: unshare, nsenter, ip, and bash or curl (${detail})`,
    "not-root": () => "a place beside the host can only be made by root: run as root",
    "no-namespace": (detail) => `a place beside the host could not be made (${detail})`,
    "not-asked": (detail) => `not asked for: ${detail}`,
    "no-credential": (detail) =>
      `no credential was handed in (--credential-file): what ${detail} lets through was not tried`,
    "other-methods": (detail) => `a site was asked by GET and HEAD alone: other methods need curl (${detail})`,
    "no-ollama-behind": (detail) => `${detail} was asked by GET and HEAD alone: no Ollama was found behind it`,
    "no-address-of-that-family": (detail) => `the host gives a new interface no address of ${detail}`,
    "own-interface": (detail) =>
      `the calls came in by an interface of their own: rules that name ${detail} were not tried`,
    "from-containers": (detail) => `nobody called from inside the containers on ${detail}`,
    "link-local": (detail) => `${detail} can only be called on its own link, and was not tried`,
    "same-host": (detail) => `${detail} is the host itself, whose connections prove nothing about a firewall`,
    "no-free-range": (detail) => `no free test range of ${detail} on this host`,
    "vantage-failed": (detail) => `that host could not be used (${detail})`,
  },
  site: (proxy, file, place) => `${proxy} at ${place}${file === null ? "" : ` (${file})`}`,
  siteTries: (shown, { refused, let: passed }) => {
    const who = {
      nothing: "without a credential",
      "wrong-credential": "with a wrong credential",
      credential: "with the credential",
    }[shown];
    return passed === 0
      ? `${who}: all ${refused} requests were refused`
      : `${who}: ${passed} requests were let through, ${refused} were refused, as the site says`;
  },
  siteParts: (shown, request, expected, came) => {
    const who = { nothing: "without a credential", "wrong-credential": "with a wrong one", credential: "with it" }[
      shown
    ];
    const wanted = {
      "refused-as-stranger": "a refusal (401)",
      refused: "a refusal (403)",
      "let-through": "an answer of the model server",
    };
    return `NOT AS EXPECTED: ${request} ${who}: ${came}, expected ${wanted[expected]}`;
  },
  sitePartsMore: (shown, count) => {
    const who = { nothing: "without a credential", "wrong-credential": "with a wrong one", credential: "with it" };
    return `NOT AS EXPECTED: ${count} more requests ${who[shown]}; --json tells them all`;
  },
  otherwise: (calls) =>
    `called by its address or by other names, without a credential: no model server answered any of ${calls} calls`,
  otherwiseParts: (name, came) =>
    `NOT AS EXPECTED: called ${name === null ? "by its address" : `as ${name}`}, without a credential: a model server answered (${came})`,
  refusedAfter: (unknownName, knownName) =>
    `a wrong password was refused after ${unknownName} ms for a name that nobody has, and after ${knownName} ms for one that somebody has`,
  siteCut: "the site allows only so many requests a minute: the rest was not tried",
  asked: ASKED_EN,
  uploaded: UPLOADED_EN,
  sitesCaveat: ({ knocked, asked, uploaded }) => {
    const more = [
      ...(knocked ? ["other methods with a body that is announced and never sent"] : []),
      ...(asked ? ["the generations of --ask-model"] : []),
      ...(uploaded ? ["the upload of --try-upload"] : []),
    ];
    return more.length === 0
      ? "Called by this host itself, by GET and HEAD alone: they change nothing even where they are let through. Other methods, streams and uploads were not tried here."
      : `Called by this host itself, by GET and HEAD, and by ${more.join(", and ")}. Nothing else was tried here.`;
  },
  urlsHint: "Run there, and nowhere on this host:",
  changed: (id, state) => `Change ${id}: ${state}`,
  notRecorded: "No change of Portlock's is told here.",
  nothingUntried: "Nothing that was asked for.",
  caveat:
    "Each line is one new connection at one moment from one place. Routers, cloud firewalls and NAT in front of the host were not tried.",
};

export const PROOFS_ZH_CN: ProofWords = {
  headings: {
    proofs: "实测结果",
    at: "时间",
    place: "来自",
    address: "目标",
    expected: "预期",
    seen: "实测",
    oldSessions: "规则生效前遗留的连接",
    survival: "能否保持关闭",
    event: "发生之后",
    holds: "仍然关闭",
    because: "依据",
    untried: "未测试的内容",
    urls: "供外部同事测试",
    evidence: "验证记录",
    before: "变更前",
    change: "变更",
    after: "变更后",
    server: "服务",
    sites: "代理放行的内容",
    remarks: "说明",
  },
  place: (place) => {
    if (place.kind === "host") return "本机";
    if (place.kind === "ssh") return place.target;
    const source = place.source === "" ? "" : ` ${place.source}`;
    return place.as === "neighbour" ? `同网段主机${source}` : `外部主机${source}`;
  },
  outcomes: {
    refused: "被拒绝",
    timeout: "超时无应答",
    unroutable: "无路可达",
    "not-http": "不是 HTTP",
    "tls-failed": "TLS 失败",
    closed: "未应答即断开",
    "not-possible": "无法测试",
  },
  answered: (status, isModelServer) =>
    isModelServer || isCredentialDemanded(status) ? `HTTP ${status}` : `HTTP ${status}，不是模型服务`,
  seen: (verdict, outcome) => `${verdict}（${outcome}）`,
  parts: "与预期不符",
  tried: (connections, parting) =>
    `共测试 ${connections} 个连接，` + (parting === 0 ? "没有与预期矛盾的结果。" : `${parting} 个与预期不符。`),
  places: (places) => places.join("、"),
  closedFrom: (places, connections) => `从${places}看已关闭：${connections} 个新连接全部被拒。`,
  openFrom: (places, connections) => `从${places}看仍开放：${connections} 个新连接无需凭据即得到服务。`,
  openedBy: (by, place, rule) =>
    `敞开的是把请求转给该服务的 ${by}${place === null ? "" : `（${place}）`}：如何关闭见 \`portlock explain ${rule}\`` +
    (MADE.has(by) ? `；\`portlock proxy ${by}\` 可建立要求凭据的站点。` : "。"),
  openByOwnLink: (places, connections) =>
    `${places}经测试专用接口得到服务，与规则一致：${connections} 个连接。拦住他人的规则指定了他们进入的接口，未经测试。`,
  sitesNotCalled: (ways) => `以下站点须以其域名或路径访问，未经测试：${ways}。`,
  nothingFromOutside: "没有从外部测试任何连接：是否有所拦截未经证实。",
  ownProvesNothing: "本机连接自己只说明服务可用，不能说明防火墙的任何情况。",
  oldSession: ({ local, remote, cut }) => (cut ? `${remote} 到 ${local}：已切断` : `${remote} 到 ${local}：仍然存在`),
  cutHint: "切断这些连接：",
  restartHint: "内核未能切断全部连接；重启服务即可切断：",
  noCommand: "重启该服务",
  events: {
    "service-restart": "重启服务",
    "daemon-reload": "systemctl daemon-reload 及下次启动",
    reboot: "重启主机",
    "firewall-reload": "重新加载防火墙",
    "docker-restart": "重启 Docker",
    "vendor-upgrade": "运行厂商安装程序升级",
  },
  holds: { yes: "是", no: "否", unknown: "未知" },
  reasons: {
    "declared-and-effective-agree": "声明的设置与生效的设置一致",
    rehearsed: "已实际执行，并重新测试了每个入口",
    "runtime-only": "使其关闭的设置在 /run 下，会丢失",
    "daemon-reload-missing": "文件内容与 systemd 已读取的不同",
    "restart-missing": "声明的设置尚未生效",
    "in-overwritten-unit": "安装程序会重写该 unit 文件",
    "drop-in-stays": "安装程序不改动 drop-in 文件",
    "engine-writes-it-again": "容器引擎会重写自己的规则和端口",
    "own-service-loads-it": "由 Portlock 自己的服务加载",
    "own-file-differs": "Portlock 自己的服务所加载的文件与当前生效的规则不同",
    "rule-not-saved": "已读取的内容中没有会重新加载该规则的",
    "managers-fight": "另一个规则管理工具加载时会清除这些规则",
    "started-by-hand": "由启动者每次决定监听在哪里",
    "not-enabled": "服务未启用，不会自动启动",
    "facts-missing": "缺少判断所需的信息",
  },
  untried: {
    "no-tool": (detail) => `主机缺少所需工具：unshare、nsenter、ip，以及 bash 或 curl（${detail}）`,
    "not-root": () => "只有 root 能在主机旁建立测试位置：请以 root 运行",
    "no-namespace": (detail) => `无法在主机旁建立测试位置（${detail}）`,
    "not-asked": (detail) => `未要求测试：${detail}`,
    "no-credential": (detail) => `未提供凭据（--credential-file）：${detail} 放行哪些内容未经测试`,
    "other-methods": (detail) => `站点只以 GET 和 HEAD 访问过，测试其他方法需要 curl（${detail}）`,
    "no-ollama-behind": (detail) => `${detail} 只以 GET 和 HEAD 访问过：其后没有找到 Ollama`,
    "no-address-of-that-family": (detail) => `主机不给新接口分配 ${detail} 地址`,
    "own-interface": (detail) => `连接经由专用接口进入：指定 ${detail} 的规则未经测试`,
    "from-containers": (detail) => `没有从 ${detail} 上的容器内部测试`,
    "link-local": (detail) => `${detail} 只能在其所在链路上访问，未经测试`,
    "same-host": (detail) => `${detail} 就是该主机，其连接不能证明防火墙的任何情况`,
    "no-free-range": (detail) => `主机上没有空闲的 ${detail} 测试网段`,
    "vantage-failed": (detail) => `无法使用该主机（${detail}）`,
  },
  site: (proxy, file, place) => `${proxy}，${place}${file === null ? "" : `（${file}）`}`,
  siteTries: (shown, { refused, let: passed }) => {
    const who = { nothing: "不带凭据", "wrong-credential": "带错误凭据", credential: "带有效凭据" }[shown];
    return passed === 0
      ? `${who}：${refused} 个请求全部被拒`
      : `${who}：放行 ${passed} 个请求，拒绝 ${refused} 个，与站点声明一致`;
  },
  siteParts: (shown, request, expected, came) => {
    const who = { nothing: "不带凭据", "wrong-credential": "带错误凭据", credential: "带有效凭据" }[shown];
    const wanted = { "refused-as-stranger": "拒绝（401）", refused: "拒绝（403）", "let-through": "模型服务的应答" };
    return `与预期不符：${request}，${who}：${came}，预期为 ${wanted[expected]}`;
  },
  sitePartsMore: (shown, count) => {
    const who = { nothing: "不带凭据", "wrong-credential": "带错误凭据", credential: "带有效凭据" };
    return `与预期不符：${who[shown]}的请求还有 ${count} 个，--json 列出全部`;
  },
  otherwise: (calls) => `以地址或其他域名访问，不带凭据：${calls} 次调用均未得到模型服务的应答`,
  otherwiseParts: (name, came) =>
    `与预期不符：以${name === null ? "地址" : ` ${name} `}访问，不带凭据：模型服务作出了应答（${came}）`,
  refusedAfter: (unknownName, knownName) =>
    `错误的密码：用户名不存在时 ${unknownName} 毫秒后被拒，用户名存在时 ${knownName} 毫秒后被拒`,
  siteCut: "站点限制每分钟的请求数：其余未经测试",
  asked: ASKED_ZH_CN,
  uploaded: UPLOADED_ZH_CN,
  sitesCaveat: ({ knocked, asked, uploaded }) => {
    const more = [
      ...(knocked ? ["声明了请求体却始终不发送的其他方法"] : []),
      ...(asked ? ["--ask-model 的生成请求"] : []),
      ...(uploaded ? ["--try-upload 的上传"] : []),
    ];
    return more.length === 0
      ? "由本机自己调用，只用 GET 和 HEAD：即使被放行也不改变任何内容。其他方法、流式应答和上传未在此测试。"
      : `由本机自己调用，使用 GET 和 HEAD，以及${more.join("、")}。其余均未在此测试。`;
  },
  urlsHint: "请在其他机器上运行，不要在本机运行：",
  changed: (id, state) => `变更 ${id}：${state}`,
  notRecorded: "此处没有 Portlock 的变更记录。",
  nothingUntried: "要求测试的内容均已测试。",
  caveat: "每一行是某一时刻从某一位置发起的一个新连接。主机前面的路由器、云防火墙和 NAT 未经测试。",
};
