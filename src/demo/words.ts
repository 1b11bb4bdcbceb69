import type { Language } from "../report/words/words.ts";

/** What the guided run says, in one language. */
export interface DemoWords {
  readonly language: Language;
  readonly title: string;
  /** Says plainly what is real here and what is not. */
  readonly intro: string;
  readonly scenes: Readonly<Record<SceneName, string>>;
  /** Who types the commands that are shown. */
  readonly prompts: Readonly<Record<"host" | "stranger", string>>;
  answered(status: number, models: readonly string[]): string;
  /** The connection was refused, as it should be in the end. */
  readonly refused: string;
  /** Behind the start of a gateway without TLS. */
  readonly inTheClear: string;
  /** Who shows no key. */
  turnedAway(status: number): string;
  streamed(status: number, pieces: number, text: string): string;
  /** A key that is not for what was asked. */
  notForThis(status: number): string;
  /** What came of a visit that was neither answered nor refused. */
  otherwise(outcome: string): string;
  readonly closing: string;

  /** Said instead of the introduction where no namespace can be made. */
  replayed(reason: string): string;
  readonly replayedConnection: Readonly<Record<"answered" | "refused" | "gateway", string>>;

  readonly broken: Readonly<Record<Breakage, string>>;
  /** What to do when the run did not go as told. */
  readonly brokenHint: string;
}

export type SceneName = "serve" | "visit" | "audit" | "rebind" | "auditAgain" | "visitAgain" | "guard" | "letIn";

/** The ways in which a run can part from its story. */
export type Breakage =
  | "not-answered"
  | "not-exposed"
  | "not-local"
  | "not-refused"
  | "not-turned-away"
  | "not-streamed"
  | "not-forbidden"
  | "stage-failed";

const EN: DemoWords = {
  language: "en",
  title: "Portlock: a guided run",
  intro:
    "The server below is a stand-in: it answers like Ollama and runs no model. It and a stranger live in network " +
    "namespaces made for this run alone; nothing listens on your network, and nothing stays behind. The " +
    "connections and the audits are real.",
  scenes: {
    serve: "A model server is told to listen on every address",
    visit: "A stranger on the same network asks it for its models",
    audit: "Portlock says who can reach it, and why",
    rebind: "The server is moved to loopback",
    auditAgain: "Portlock looks again",
    visitAgain: "The stranger tries again",
    guard: "Somebody is to be let in: Portlock's gateway is put before the server",
    letIn: "Without a key, with a key, and with a key for something it is not for",
  },
  prompts: { host: "server", stranger: "stranger" },
  answered: (status, models) => `Answered (HTTP ${status}) without a password: ${models.join(", ")}`,
  refused: "Connection refused.",
  inTheClear:
    "Without TLS only here, where the network reaches nobody. For yours: --tls-self-signed, or a certificate you have.",
  turnedAway: (status) => `HTTP ${status}: a key is needed.`,
  streamed: (status, pieces, text) => `HTTP ${status}, in ${pieces} pieces as they were made: ${text}`,
  notForThis: (status) => `HTTP ${status}: this key may ask models, and not delete them.`,
  otherwise: (outcome) => `No such luck: ${outcome}`,
  closing:
    "On a host of your own: `portlock audit`. It reads and asks, and changes nothing. To let somebody in: " +
    "`portlock keys create NAME`, then `portlock gateway`.",

  replayed: (reason) =>
    `No network namespace can be made here (${reason}), so this is a replay: the two audits below judge recordings ` +
    "of an earlier run. The server in them was a stand-in that answers like Ollama and runs no model.",
  replayedConnection: {
    answered: "Not tried now. When this was recorded, the stranger was answered without a password.",
    refused: "Not tried now. When this was recorded, the connection was refused.",
    gateway:
      "Not tried now, for it needs such a network: with one, the run goes on with `portlock gateway`, which answers 401 " +
      "without a key, streams with one, and answers 403 where the key is for something else.",
  },

  broken: {
    "not-answered": "the stranger should have been answered at first",
    "not-exposed": "the first audit should have said: exposed",
    "not-local": "the second audit should have said: local",
    "not-refused": "the stranger should have been refused in the end",
    "not-turned-away": "the gateway should have answered 401 without a key",
    "not-streamed": "with a key the answer should have come as a stream",
    "not-forbidden": "the key should not have been enough to delete a model",
    "stage-failed": "a tool of the demonstration failed",
  },
  brokenHint: "The run did not go as told, which is a bug of Portlock: please report it with the text above.",
};

const ZH_CN: DemoWords = {
  language: "zh-CN",
  title: "Portlock 演示",
  intro:
    "下面的服务是替身：它像 Ollama 一样应答，但不运行任何模型。它和一个陌生人各在专为本次演示建立的网络命名空间里；" +
    "你的网络上不会有任何监听，结束后也不留下任何东西。连接和检查都是真实的。",
  scenes: {
    serve: "一个模型服务被设为监听所有地址",
    visit: "同一网络里的陌生人向它索要模型列表",
    audit: "Portlock 说明谁能访问它、为什么",
    rebind: "把服务改为只监听回环地址",
    auditAgain: "Portlock 再检查一次",
    visitAgain: "陌生人再试一次",
    guard: "现在要放行一些人：在服务前面启动 Portlock 网关",
    letIn: "不带密钥、带密钥，以及用密钥做它无权做的事",
  },
  prompts: { host: "服务器", stranger: "陌生人" },
  answered: (status, models) => `无需密码即得到应答（HTTP ${status}）：${models.join("、")}`,
  refused: "连接被拒绝。",
  inTheClear: "只有在这个与外界隔绝的网络里才不用 TLS。在你的网络上请用 --tls-self-signed，或使用已有证书。",
  turnedAway: (status) => `HTTP ${status}：需要密钥。`,
  streamed: (status, pieces, text) => `HTTP ${status}，边生成边返回，共 ${pieces} 段：${text}`,
  notForThis: (status) => `HTTP ${status}：这个密钥可以向模型提问，但不能删除模型。`,
  otherwise: (outcome) => `没有得到应答：${outcome}`,
  closing:
    "在你自己的主机上运行：`portlock audit`。它只读取和询问，不做任何改动。要放行某人：先 `portlock keys create 名称`，" +
    "再 `portlock gateway`。",

  replayed: (reason) =>
    `这里无法建立网络命名空间（${reason}），因此改为回放：下面两次检查判断的是先前一次演示的记录。` +
    "记录中的服务是替身：它像 Ollama 一样应答，但不运行任何模型。",
  replayedConnection: {
    answered: "现在没有尝试连接。录制时，陌生人无需密码即得到应答。",
    refused: "现在没有尝试连接。录制时，连接被拒绝。",
    gateway:
      "这一步需要上述网络，现在没有尝试：在能建立网络的地方，演示会继续运行 `portlock gateway`，" +
      "不带密钥得到 401，带密钥得到流式回答，用密钥做无权做的事得到 403。",
  },

  broken: {
    "not-answered": "第一次连接本应得到应答",
    "not-exposed": "第一次检查的结论本应是“暴露”",
    "not-local": "第二次检查的结论本应是“仅本机”",
    "not-refused": "最后一次连接本应被拒绝",
    "not-turned-away": "不带密钥时，网关本应返回 401",
    "not-streamed": "带密钥时，本应得到流式回答",
    "not-forbidden": "这个密钥本不应足以删除模型",
    "stage-failed": "演示所用的某个工具失败了",
  },
  brokenHint: "演示没有按预期进行，这是 Portlock 的缺陷：请附上以上内容报告。",
};

const WORDS: Readonly<Record<Language, DemoWords>> = { en: EN, "zh-CN": ZH_CN };

export function toDemoWords(language: Language): DemoWords {
  return WORDS[language];
}
