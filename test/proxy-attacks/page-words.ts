import type { AttackGroup } from "./attack.ts";
import type { Harm } from "./outcome.ts";

export type Language = "en" | "zh";

export interface PageWords {
  readonly generated: string;
  readonly title: string;
  readonly intro: readonly string[];
  readonly sums: string;
  readonly configuration: string;
  readonly lettersIntro: readonly string[];
  readonly harms: Readonly<Record<Harm, string>>;
  readonly ours: string;
  readonly copied: string;
  readonly attack: string;
  readonly groups: Readonly<Record<AttackGroup, string>>;
  /** With or without an answer. */
  readonly refused: string;
  /** Closed, or left waiting, without an answer. */
  readonly silent: string;
}

export const PAGE_WORDS: Readonly<Record<Language, PageWords>> = {
  en: {
    generated: "Written by scripts/print-proxy-attacks.ts; test/proxy-attacks holds it to what really happens.",
    title: "What gets through a proxy in front of a model server",
    intro: [
      "Each attack below was sent over a raw socket to Debian's nginx 1.22, Caddy 2.6.2 and HAProxy 2.6, each in front of a server that reads requests as Ollama does (Go's net/http and its router) and keeps what reached it. Behind each attack came one request by right, which had to come through unharmed.",
      "`portlock proxy` wrote the first configurations, with the scope `inference`: generating, chatting and embedding, nothing else. The others are what people copy, put into our words, where some try to keep management away too. In all of them the attacker of the groups path, method, framing and headers is somebody who was let in.",
      "The recipes that deny nothing let every user do everything, so their many `R`s are no surprise; they stand here because that is what is copied. `K` stands at nearly every request that gets through a recipe, for none of them takes the password away.",
    ],
    sums: "How many got through",
    configuration: "configuration",
    lettersIntro: [
      "In the tables, a number is the status of the first answer where nothing got through that may not; 200 means that this request is allowed. A letter says what got through:",
    ],
    harms: {
      desync: "the next request of somebody else was broken",
      route: "a route was reached that may not be, or without a valid credential",
      credential: "the model server was handed the password or key",
      header: "the model server was handed a forged header",
      stray: "the model server was asked for something it has no route for, or refuses",
    },
    ours: "Configurations by Portlock",
    copied: "Configurations that people copy",
    attack: "attack",
    groups: {
      path: "Path: other ways to write `/api/pull`, and other routes",
      method: "Method and request line",
      framing: "Framing: where one request ends and the next begins",
      credential: "Credential",
      headers: "Headers",
    },
    refused: "refused",
    silent: "no answer",
  },
  zh: {
    generated: "由 scripts/print-proxy-attacks.ts 生成；test/proxy-attacks 保证它与实际结果一致。",
    title: "哪些请求能穿过模型服务前的代理",
    intro: [
      "下面每一种攻击都通过原始套接字发给 Debian 的 nginx 1.22、Caddy 2.6.2 和 HAProxy 2.6。代理后面的服务器按 Ollama 的方式（Go 的 net/http 及其路由）解析请求，并记录到达的全部内容。每次攻击之后都跟一个合法请求，它必须原样通过。",
      "前几份配置由 `portlock proxy` 生成，权限为 `inference`：只能生成、对话和向量化。其余是人们常抄的配置，用我们的写法重写，其中有些还想拦住管理操作。在路径、方法、分帧和请求头这几组里，攻击者都是已获准进入的用户。",
      "什么都不拒绝的配置让每个用户都能做任何事，出现很多 `R` 并不奇怪；列在这里是因为人们抄的就是它。凡是穿过这些配置的请求几乎都带着 `K`，因为没有一份会去掉密码。",
    ],
    sums: "穿过的数量",
    configuration: "配置",
    lettersIntro: [
      "表中的数字表示没有不该通过的内容通过，数字是第一个应答的状态码；200 表示该请求本来就允许。字母表示通过了什么：",
    ],
    harms: {
      desync: "他人的下一个请求被破坏",
      route: "到达了不允许的路由，或没有有效凭据也到达",
      credential: "密码或密钥被交给模型服务",
      header: "伪造的请求头被交给模型服务",
      stray: "模型服务收到它没有的路由，或它会拒绝的请求",
    },
    ours: "Portlock 生成的配置",
    copied: "人们常抄的配置",
    attack: "攻击",
    groups: {
      path: "路径：`/api/pull` 的其他写法，以及其他路由",
      method: "方法与请求行",
      framing: "分帧：一个请求在哪里结束，下一个从哪里开始",
      credential: "凭据",
      headers: "请求头",
    },
    refused: "拒绝",
    silent: "无应答",
  },
};
