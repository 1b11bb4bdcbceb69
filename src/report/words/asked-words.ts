import type { BothWays, UnlearnedReason } from "../../verify/proofs.ts";

/** What is said of a model's answer through a site, in one language. Texts from a host come in printable. */
export interface AskedWords {
  /** Milliseconds. */
  firstAfter(model: string, times: BothWays): string;
  moments(counts: BothWays): string;
  readonly passesAtOnce: Readonly<Record<"yes" | "no", string>>;
  readonly stopsWithClient: Readonly<Record<"yes" | "no", string>>;
  unlearned(what: "passesAtOnce" | "stopsWithClient", because: string): string;
  readonly reasons: Readonly<Record<UnlearnedReason, (detail: string | null) => string>>;
}

const said = (detail: string | null): string => (detail === null ? "" : ` (${detail})`);

export const ASKED_EN: AskedWords = {
  firstAfter: (model, { direct, site }) =>
    `first token of ${model}: after ${site} ms through the site, after ${direct} ms straight from the server`,
  moments: ({ direct, site }) =>
    `the same answer came at ${site} moments through the site, and at ${direct} straight from the server`,
  passesAtOnce: {
    yes: "a stream passes chunk by chunk",
    no: "NOT AS EXPECTED: a stream is held back, and comes in few large parts",
  },
  stopsWithClient: {
    yes: "a client that leaves stops the generation: the proxy left the server, too",
    no: "NOT AS EXPECTED: a client that leaves stops nothing: the proxy went on taking the answer from the server",
  },
  unlearned: (what, because) =>
    what === "passesAtOnce"
      ? `whether a stream passes chunk by chunk is not known: ${because}`
      : `whether a client that leaves stops the generation is not known: ${because}`,
  reasons: {
    "no-tool": (detail) => `the host lacks curl, ss or another tool for it${said(detail)}`,
    "no-credential": () => "the credential is none for this site",
    "no-inference": () => "the site lets nobody generate",
    "no-server": () => "no Ollama was found behind it that this host can call itself",
    "server-not-answering": (detail) => `the server itself did not generate${said(detail)}`,
    "site-not-answering": (detail) => `the site did not let it through${said(detail)}`,
    "too-short": () => "the model answered in too few parts, or too soon",
    between: () => "it came neither as the server sent it nor in few parts",
    "connection-not-seen": () => "which connection to the server was its own could not be seen",
    "no-manage": () => "the site lets nobody upload: it was made without the scope manage",
    "no-room": (detail) => `the disk that the server writes to has too little room${said(detail)}`,
    "room-not-seen": () => "how much room the server's disk has could not be seen, so no more was sent; run it as root",
    "not-in-time": (detail) => `it stopped on the way, or took more than minutes${said(detail)}`,
    "not-passed": () => "not all of it came through",
    "holders-not-seen": () => "the programs at the site's port could not be seen; run it as root",
  },
};

const saidInChinese = (detail: string | null): string => (detail === null ? "" : `（${detail}）`);

export const ASKED_ZH_CN: AskedWords = {
  firstAfter: (model, { direct, site }) =>
    `${model} 的首个 token：经站点 ${site} 毫秒后到达，直连服务 ${direct} 毫秒后到达`,
  moments: ({ direct, site }) => `同一应答经站点分 ${site} 次到达，直连服务分 ${direct} 次到达`,
  passesAtOnce: {
    yes: "流式应答逐块通过",
    no: "与预期不符：流式应答被缓冲，积成少数大块才到达",
  },
  stopsWithClient: {
    yes: "客户端断开后生成即停止：代理也断开了与服务的连接",
    no: "与预期不符：客户端断开后生成并未停止：代理仍在从服务接收应答",
  },
  unlearned: (what, because) =>
    what === "passesAtOnce"
      ? `流式应答是否逐块通过，尚不清楚：${because}`
      : `客户端断开后生成是否停止，尚不清楚：${because}`,
  reasons: {
    "no-tool": (detail) => `主机缺少 curl、ss 或其他所需工具${saidInChinese(detail)}`,
    "no-credential": () => "该凭据不适用于此站点",
    "no-inference": () => "此站点不允许任何人生成",
    "no-server": () => "站点之后没有找到本机可直接访问的 Ollama",
    "server-not-answering": (detail) => `服务本身未能生成${saidInChinese(detail)}`,
    "site-not-answering": (detail) => `站点未予放行${saidInChinese(detail)}`,
    "too-short": () => "模型的应答分块太少，或结束得太快",
    between: () => "既不是随到随发，也不是积成少数大块",
    "connection-not-seen": () => "无法看出哪个到服务的连接属于这次请求",
    "no-manage": () => "此站点不允许任何人上传：创建时未包含 manage 范围",
    "no-room": (detail) => `服务所写磁盘的空间不足${saidInChinese(detail)}`,
    "room-not-seen": () => "无法得知服务所写磁盘还有多少空间，因此没有继续发送；请以 root 运行",
    "not-in-time": (detail) => `中途停止，或耗时超过数分钟${saidInChinese(detail)}`,
    "not-passed": () => "未能全部通过",
    "holders-not-seen": () => "无法看到监听站点端口的程序；请以 root 运行",
  },
};
