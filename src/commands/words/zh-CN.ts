import type { HostErrorCode } from "../../host/host-error.ts";
import { toCommandLine, toPrintable } from "../../report/printable.ts";
import { HARDEN_ZH_CN } from "./harden-words.ts";
import { PROXY_ZH_CN } from "./proxy.zh-CN.ts";
import { CHANGE_TROUBLES_ZH_CN } from "./changes.zh-CN.ts";
import { GATEWAY_ZH_CN } from "./gateway.zh-CN.ts";
import { KEYS_ZH_CN } from "./keys.zh-CN.ts";
import { HELP_ZH_CN } from "./help.zh-CN.ts";
import type { CommandWords, ErrorWords } from "./words.ts";

/** The command line in Simplified Chinese. */
export const COMMANDS_ZH_CN: CommandWords = {
  about:
    "Portlock 回答：谁能访问你的模型服务、经由哪条路径、被什么拦截。\n除非你要求，它不改动主机上的任何内容；也只向你指定的主机发出请求。",
  commands: HELP_ZH_CN,
  flags: {
    host: "通过 OpenSSH 读取的主机，可多次指定",
    from: "改为检查记录文件，- 表示标准输入，可多次指定",
    json: "输出 JSON 文档；多台主机时输出数组",
    lang: "语言，en 或 zh-CN；默认取自 PORTLOCK_LANG、LC_ALL、LC_MESSAGES、LANG",
    failOn: "问题达到该级别时退出码为 1，默认 high",
    color: "是否使用颜色，默认 auto：在终端上且未设 NO_COLOR 时使用",
    plain: "不用表格，每行一项，便于读屏软件和 grep",
    output: "要写入的文件，- 表示标准输出",
    force: "文件已存在时覆盖",
    recordHost: "通过 OpenSSH 读取的主机",
    fast: "场景之间不停顿",
    source: "数据包的来源地址",
    destination: "目的地址和端口；只写端口时为主机自己的地址",
    door: "数据包进入的接口；不写时为主机应答所走的接口",
    recording: "改用记录文件中的规则，- 表示标准输入",
    traceJson: "输出 JSON 文档",
    hardenHost: "要更改的主机，通过 OpenSSH；默认为本机",
    server: "要关闭的服务器，使用报告中的名称；可多次给出；默认为全部",
    method: "如何把服务器绑定到回环地址；默认取决于由谁运行",
    sandbox: "为单元加入 systemd 的加固指令",
    ipFilter: "只允许该单元与本机交换数据包（IPAddressDeny=）",
    restartProcess: "重新启动手动启动的服务器，而不是只给出命令",
    recreate: "在无法以其他方式更改端口时重新创建容器",
    firewall: "同时在防火墙中关闭端口；默认不使用",
    allow: "仍可通过防火墙的网络；可多次给出",
    mend: "同时修正此项；可多次给出",
    mayChange: "允许防火墙改变其访问者的其他服务的端口；可多次给出",
    dryRun: "只展示计划，不作更改",
    plan: "把计划写入此文件，不作更改",
    apply: "执行此文件中的计划，除非主机此后有变化",
    yes: "不询问",
    confirmWithin: "若未在此时间内执行 `portlock confirm`（如 90s）则全部撤销；0 表示从不",
    hardenJson: "把计划、日志、验证和报告作为一个 JSON 文档输出",
    vantage: "从哪里测试：namespace（root 的默认值）、ssh://user@host、urls；可多次给出",
    rehearse: "实际重新加载 systemd 并重启服务，每次之后再测试",
    cutSessions: "切断规则生效前遗留的连接",
    credentialFile: "含 用户名:密码 或密钥的文件：同时以此凭据、并以各种方法测试 portlock proxy 所建站点",
    askModel: "与 --credential-file 同用：让该模型经这些站点生成，测试流式应答和断开后的停止",
    tryUpload: "与 --credential-file 同用：经这些站点上传指定大小（如 2GiB），在最后一个字节之前中断",
    evidence: "把验证记录写入 Markdown 文件，- 表示标准输出",
    changeHost: "要操作的主机，通过 OpenSSH",
  },
  arguments: {
    url: "主机名、主机名:端口、[IPv6]:端口、http://… 或 https://…",
    rule: "规则名，例如 open-bind",
    shell: "bash 或 zsh",
    undoId: "`portlock history` 列出的更改编号；省略时为最近一次仍生效的更改",
    confirmId: "更改编号；省略时为正在等待确认的更改",
  },
  placeholders: {
    address: "地址",
    network: "网段",
    port: "端口",
    seconds: "90s",
    server: "服务器",
    socket: "地址:端口",
    interface: "接口",
    target: "ssh://用户@主机",
    vantage: "namespace|ssh://user@host|urls",
    file: "文件",
    model: "模型",
    size: "大小",
    url: "URL",
    rule: "规则名",
    shell: "bash|zsh",
    change: "编号",
  },
  help: {
    usage: "用法",
    aliases: "别名",
    commands: "命令",
    flags: "选项",
    arguments: "参数",
    examples: "示例",
    exitCodes: "退出码",
    default: "默认 =",
    separator: "分隔符 =",
    helpFlag: "显示帮助",
    versionFlag: "显示版本",
    escape: "其后的内容全部视为参数",
  },
  exitCodes: [
    ["0", "没有达到 --fail-on 级别的问题；probe：不通，或须提供凭据；trace：被拦截；undo：已撤销"],
    [
      "1",
      "发现问题；probe：无需凭据即应答；trace：放行；verify：与预期不符；undo：未能完全撤销；" +
        "harden、proxy、gateway install：仍然敞开、你未同意，或已撤销",
    ],
    ["2", "无法判断：某个重要结论为未知，或有内容无法读取、无法执行"],
    ["3", "Portlock 自身的缺陷"],
    ["64", "命令行有误，或所指的对象不存在"],
  ],

  usage: {
    noSuchCommand: (input, corrections) => `没有命令 ${quote(input)}${didYouMean(corrections)}`,
    noSuchFlag: (input, corrections) => `没有选项 ${quote(input)}${didYouMean(corrections)}`,
    badValue: (flag, input, why) => `${quote(input)} 不适用于 ${flag}：${why}`,
    notOneOf: (flag, input, values) => `${quote(input)} 不适用于 ${flag}，可用的值：${values.join("、")}`,
    valueMissing: (flag) => `${flag} 缺少值`,
    argumentMissing: (name) => `缺少 ${name}`,
    tooManyArguments: (input) => `多余的参数 ${quote(input)}`,
    givenTwice: (flag) => `${flag} 只能指定一次`,
    takesNoValue: (flag) => `${flag} 不带值`,
    takes: (values) => `可用的值：${values.join("、")}`,
    badLanguage: "可用的语言为 en 和 zh-CN",
    badPort: "端口是 1 到 65535 的数字",
    badSeconds: "请写成 90s 或 5m，最长一小时",
    badUpload: "请写成 512MiB 或 2GiB，至少 16MiB",
    badNetwork: "请写地址或网段，如 10.0.0.0/24",
    hint: (command) => `运行 \`${command} --help\` 查看用法。`,
  },
  error: "错误",
  whatToDo: "处理方法",
  troubles: {
    "file-unread": ({ file, detail }) => ({
      sentence: `无法读取 ${quote(file)}（${toPrintable(detail, 200)}）。`,
      hint: "请检查路径和权限；root 写的文件须以 root 读取。",
    }),
    "flags-contradict": ({ flags: [one, other] }) => ({
      sentence: `${one} 与 ${other} 不能同时使用。`,
      hint: "请去掉其中一个。",
    }),
    "plan-damaged": ({ file, detail, madeBy }, own) => ({
      sentence: `${quote(file)} 不是此版本 Portlock 能理解的计划（${toPrintable(detail, 200)}）。`,
      hint: `请用原来的选项重新生成：${own(...madeBy, "--plan", file)}`,
    }),
    "moved-on": ({ file, madeBy }, own) => ({
      sentence: `自计划 ${quote(file)} 生成以来主机已有变化：同样的选择现在会得到另一个计划。`,
      hint: `请用原来的选项重新生成并查看：${own(...madeBy, "--plan", file)}`,
    }),
    "plan-refused": (words) => words,
    "confirmation-missing": () => ({
      sentence: "没有可供询问的终端，未作任何更改。",
      hint: "请先用 --dry-run 查看计划，再加上 --yes 执行。",
    }),
    "host-fault": ({ detail }, own) => ({
      sentence: `主机没有完成所要求的操作：${toPrintable(detail, 300)}。`,
      hint: `\`${own("history")}\` 会说明每项更改的状态。`,
    }),
    "not-an-address": ({ flag, text }) => ({
      sentence: `${flag} 不接受 ${quote(text)}：它不是数字形式的地址。`,
      hint:
        flag === "--to"
          ? "请写 10.0.0.5:11434、[2001:db8::5]:11434 或仅端口。不解析主机名：任何数据都不离开主机。"
          : "请写 IPv4 或 IPv6 地址。不解析主机名：任何数据都不离开主机。",
    }),
    "trace-impossible": (words) => words,
    ...CHANGE_TROUBLES_ZH_CN,
    ...KEYS_ZH_CN.troubles,
    ...GATEWAY_ZH_CN.troubles,
    "recording-unreadable": ({ file, detail }) => ({
      sentence: `无法读取 ${quote(file)}（${detail}）。`,
      hint: "请检查路径和权限；记录文件只有生成者可读。",
    }),
    "recording-damaged": ({ file, detail }) => ({
      sentence: `${quote(file)} 不是记录文件，或已损坏：${toPrintable(detail, 200)}。`,
      hint: "请重新复制，或重新记录主机：portlock record -o 文件",
    }),
    "recording-newer": ({ file, schema }) => ({
      sentence: `${quote(file)} 由更新版本的 Portlock 生成（${toPrintable(schema, 60)}）。`,
      hint: "请用生成它的版本或更新的版本来检查。",
    }),
    "recording-too-large": ({ file, limitMiB }) => ({
      sentence: `${quote(file)} 超过 ${limitMiB} MiB，记录文件不会这么大。`,
      hint: "请确认文件是否正确。",
    }),
    "file-exists": ({ file }) => ({
      sentence: `${quote(file)} 已存在，未作改动。`,
      hint: "请换一个文件名，或用 --force 覆盖。",
    }),
    "file-unwritable": ({ file, detail }) => ({
      sentence: `无法写入 ${quote(file)}（${detail}）。`,
      hint: "请选择有写权限的目录。",
    }),
    "rule-unknown": ({ rule, nearest }) => ({
      sentence: `没有规则 ${quote(rule)}。`,
      hint:
        nearest === null ? "运行 `portlock explain` 列出全部规则。" : `是否想查看 \`portlock explain ${nearest}\`？`,
    }),
    "shell-unknown": ({ shell }) => ({ sentence: `不支持 ${quote(shell)} 的补全。`, hint: "请使用 bash 或 zsh。" }),
  },
  hostError: ({ code, target }) => HOST_ERRORS[code](toPrintable(target, 120)),
  bug: (version, own) =>
    `portlock: 错误 bug: 这是 Portlock ${version} 自身的缺陷，与你的主机无关。\n` +
    `  处理方法: 请附上以下内容提交问题；不便公开的名称请先删去。若当时正在更改主机，\`${own("history")}\` 会说明其状态。`,

  badVantage: "可用 namespace、ssh://user@host 或 urls",
  trying: "正在测试每个入口 ...",
  evidenceWritten: (file) => `验证记录已写入 ${quote(file)}。\n`,

  connecting: (target) => `正在登录 ${target} …`,
  reading: (target, fact) => `正在读取 ${target}：${fact} …`,
  asking: (places) => `正在询问 ${places} …`,
  readingMany: (done, all) => `正在读取主机：已完成 ${done}/${all} …`,
  hostHeading: (target) => `主机 ${target}`,

  recorded: ({ host, file, sizeBytes, listeners, processes, missing }) =>
    `已将 ${toPrintable(host, 80)} 记录到 ${quote(file)}（${toSize(sizeBytes)}）：` +
    `监听套接字 ${listeners ?? "数量未知"}${listeners === null ? "" : " 个"}，进程 ${processes ?? "数量未知"}${processes === null ? "" : " 个"}，以及相关信息。\n` +
    (missing === 0 ? "" : `有 ${missing} 项未能读取；在该主机上以 root 记录会更完整。\n`) +
    "机密在读取时已丢弃：环境变量只保留了模型服务的设置项。\n" +
    "文件中仍有主机名、地址、用户名和路径，请只交给可以知道这些信息的人。\n" +
    `检查记录：${toCommandLine(["portlock", "audit", "--from", file])}\n`,

  harden: HARDEN_ZH_CN,
  proxy: PROXY_ZH_CN,
  keys: KEYS_ZH_CN,
  gateway: GATEWAY_ZH_CN,
  probe: {
    verdicts: { open: "开放", guarded: "需认证", closed: "不通", none: "无", unknown: "未知" },
    open: (place, server) => `开放：${place} 的 ${server} 无需凭据即应答。`,
    guarded: (place, server) => `需认证：${place} 的${server === null ? "服务" : ` ${server} `}要求提供凭据。`,
    closed: (place) => `不通：${place} 拒绝来自当前位置的连接。`,
    none: (place) => `无：${place} 有应答，但不是 Portlock 认识的模型服务。`,
    unknown: (place, why) => `未知：无法判断 ${place}：${why}。`,
    whys: {
      timeout: "超时无应答，可能被防火墙丢弃，或服务已卡住",
      unroutable: "当前位置没有到它的路由",
      "not-http": "它不使用 HTTP",
      "tls-failed": "TLS 握手失败",
      closed: "它未应答就关闭了连接",
      "not-possible": "无法发出请求",
      access: "从应答看不出是否要求凭据",
      redirects: "它对所有请求都返回重定向，而 Portlock 不跟随重定向",
    },
    redirectsTo: (place) => `重定向到 ${toPrintable(place, 200)}；如果那也属于你，请另行探测。`,
    hostCheck: {
      accepts: "接受外来的 Host：网页可通过 DNS 重绑定访问它。",
      refuses: "拒绝外来的 Host。",
      unmeasured: "无法判断是否接受外来的 Host。",
    },
    originCheck: {
      accepts: "接受外来的 Origin：在能访问它的浏览器中，任何网页都能调用它。",
      refuses: "拒绝外来的 Origin。",
      unmeasured: "无法判断是否接受外来的 Origin。",
    },
    strangersCan: "陌生人可以",
    whoeverCan: "能连到它的人可以",
    strangers: {
      ollama: [
        "运行所有模型，算力和电费由你承担",
        "列出模型并读取其系统提示词",
        "删除、复制、覆盖模型，占满磁盘",
        "让服务器从任意地址下载（pull），或把模型传出（push）",
        "在启用云端模型时消耗你在 ollama.com 的额度",
      ],
      other: ["运行它提供的模型，算力由你承担", "利用该版本的所有漏洞"],
    },
    next: "请在该主机上运行 `sudo portlock audit`：它会指出是哪项设置造成的，并给出修复命令。",
    askedByItself:
      "这是本机连接自己，不能说明他人的情况。要知道还有谁能访问，请运行 `sudo portlock audit`，或在另一台机器上运行同样的 probe。",
  },
  explainRoute: [
    "路径是某人到达服务的一种方式：谁（所处位置及其地址）、数据包从哪里进入（本机的地址和端口）、之后怎么走（直达、发布的端口、由规则转发），" +
      "以及途中的阻拦（路由、防火墙、unit 的 IP 过滤、服务监听的地址、凭据）。",
    "任何一道阻拦都足以使路径不通。确定有一道拦截即为不通；无一拦截但有一道无法判断即为未知；仅要求凭据即为需认证；毫无阻拦即为开放。",
    "规则对来源区别对待时，每一部分各有一条路径，并注明起决定作用的规则。",
    "逐条规则跟踪一个数据包：portlock trace --from 203.0.113.9 --to 10.0.0.5:11434",
  ],
  explainMore: "查看一条规则的完整说明：portlock explain open-bind",
};

const HOST_ERRORS: Readonly<Record<HostErrorCode, (target: string) => ErrorWords>> = {
  "bad-target": (target) => ({
    sentence: `无法识别目标“${target}”。`,
    hint: "请写成 ssh://用户@主机:端口；特殊设置请放到 SSH 配置中的简短别名下。",
  }),
  "bad-url": (target) => ({
    sentence: `无法识别地址“${target}”。`,
    hint: "请写成 主机名、主机名:端口、[IPv6]:端口、http://… 或 https://…。",
  }),
  "name-unknown": (target) => ({ sentence: `找不到名称“${target}”。`, hint: "请检查拼写，或直接使用 IP 地址。" }),
  "ssh-missing": () => ({
    sentence: "本机没有 OpenSSH 客户端。",
    hint: "请安装 openssh-client，并确认 ssh 在 PATH 中。",
  }),
  "ssh-name-unknown": (target) => ({
    sentence: `SSH 找不到主机“${target}”。`,
    hint: "请检查拼写，或在 SSH 配置中加入该主机。",
  }),
  "ssh-unreachable": (target) => ({
    sentence: `无法通过 SSH 连接“${target}”。`,
    hint: "请检查主机是否在线、端口是否正确、是否需要跳板机。",
  }),
  "ssh-host-key-unknown": (target) => ({
    sentence: `本机还不认识“${target}”的主机密钥。`,
    hint: "请先手工 ssh 登录一次，核对指纹后接受；Portlock 不会代为接受。",
  }),
  "ssh-host-key-changed": (target) => ({
    sentence: `“${target}”的主机密钥与 known_hosts 中的不一致。`,
    hint: "可能有人冒充该主机。请向管理员核实后，再更新 known_hosts。",
  }),
  "ssh-denied": (target) => ({
    sentence: `“${target}”拒绝登录。`,
    hint: "请确认 ssh 能免交互登录（密钥或 agent），以及用户名正确。",
  }),
  "ssh-no-shell": (target) => ({
    sentence: `登录“${target}”后没有可用的 POSIX shell。`,
    hint: "请换用登录 shell 为 sh 或 bash 的用户。",
  }),
  "ssh-timeout": (target) => ({ sentence: `“${target}”的 SSH 超时无响应。`, hint: "请检查网络和主机负载后重试。" }),
  "ssh-failed": (target) => ({ sentence: `对“${target}”的 SSH 连接失败。`, hint: "请手工执行 ssh 查看原因。" }),
};

function quote(text: string): string {
  return `“${toPrintable(text, 120)}”`;
}

function didYouMean(corrections: readonly string[]): string {
  return corrections.length === 0 ? "" : `，是否指 ${corrections.slice(0, 3).join(" 或 ")}？`;
}

function toSize(bytes: number): string {
  return bytes < 10_000 ? `${bytes} 字节` : `${Math.round(bytes / 1024)} KiB`;
}
