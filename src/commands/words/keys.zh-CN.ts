import { toPrintable } from "../../report/printable.ts";
import type { KeysWords } from "./keys-words.ts";

/** `portlock keys` 和 `portlock gateway log` 的中文。 */
export const KEYS_ZH_CN: KeysWords = {
  about: {
    brief: "管理谁能使用网关、能做什么、到何时为止",
    description:
      "一个密钥发给一个人或一个程序。除非另行授予，它只能调用模型；吊销后一秒内，所有网关都会拒绝它。系统只保存密钥的带密钥哈希。",
    examples: [],
  },
  aboutLog: {
    brief: "谁对密钥做过什么，以及日志是否完好",
    description: "密钥的每次变更和网关的每次启动都是一条记录，并以带密钥的哈希与前一条相连。",
  },
  commands: {
    create: {
      brief: "创建密钥，其内容只显示一次",
      description:
        "标准输出中只有密钥内容。客户端可用 `Authorization: Bearer`、`x-api-key`，或作为基本认证的密码来发送它。",
      examples: [
        ["alice", "可调用所有模型，永不过期"],
        ["ci --models 'qwen3:*,llama3.2' --expires 90d --rpm 60", "两类模型，90 天，每分钟 60 次请求"],
        ["ops --scope inference,read,manage --from 10.0.0.0/24", "还可列出、拉取和删除模型，仅限一个网段"],
        [
          'laptop --ollama-key "$(cat ~/.ollama/id_ed25519.pub)"',
          "供设置了 OLLAMA_AUTH=1 的 ollama 命令行使用，没有内容",
        ],
      ],
    },
    list: {
      brief: "列出密钥",
      description: "列出有效和已过期的密钥；加 --all 时也列出已吊销的。",
      examples: [
        ["", "本机的密钥"],
        ["--all --json", "有史以来的全部密钥，以 JSON 输出"],
      ],
    },
    show: {
      brief: "显示一个密钥的全部信息",
      description: "按名称或编号。密钥内容不保存，因此无法显示。",
      examples: [["alice", "一个密钥"]],
    },
    rotate: {
      brief: "为密钥换发新内容，旧内容在一段时间内仍有效",
      description: "在 --grace 指定的时间内（默认一天）新旧内容都有效，不会有人因此中断。",
      examples: [
        ["alice", "旧内容还可使用一天"],
        ["alice --grace 0s", "旧内容立即失效"],
      ],
    },
    revoke: {
      brief: "永久吊销密钥",
      description: "使用此存储的所有网关在一秒内拒绝它。除非指定 --end-streams，正在进行的应答会继续完成。",
      examples: [
        ["alice", "拒绝新的请求"],
        ["alice --end-streams", "同时切断正在进行的应答"],
      ],
    },
    import: {
      brief: "让 htpasswd 文件中的用户凭原密码使用网关",
      description:
        "每个用户成为一个同名密钥，用于基本认证。只接受 bcrypt（$2y$），代价最高为 14。各选项对所有用户生效。退出码 1：有的行未导入。",
      examples: [["/etc/nginx/htpasswd --expires 30d", "有效 30 天，其间可为他们发放密钥"]],
    },
    usage: {
      brief: "按密钥和模型统计用量",
      description: "统计 --since 以来（默认 7 天）的请求数和 token 数，并为每天或每小时画一条柱形。",
      examples: [
        ["", "所有密钥，7 天"],
        ["alice --since 24h", "一个密钥，按小时"],
        ["--since 30d --json", "以 JSON 输出"],
      ],
    },
  },
  logCommands: {
    list: {
      brief: "列出做过的操作，最新的在最后",
      description: "默认列出最后 50 条，可用 --last 指定数量。",
      examples: [["--last 10", "最后十条"]],
    },
    verify: {
      brief: "检查是否有记录被修改、插入或删除",
      description:
        "只能写入存储的人无法不留痕迹地修改日志：哈希所用的密钥在 `pepper` 文件中。能读取该文件的人则可以。" +
        "最新的记录是否被整段去掉（例如恢复了较旧的备份），只能用 --expect 查出：请把此命令输出的最后一行另行保存。" +
        "退出码 0：完好；1：不完好。",
      examples: [
        ["", "本机的日志"],
        ["--expect 42:9f86d081...", "并确认第 42 条仍是原来那一条"],
      ],
    },
  },
  flags: {
    scope: "可做的事：inference（调用模型）、read（查看）、manage（管理）；默认 inference",
    models: "可用的模型，* 代表任意文字；默认为所有模型",
    expires: "到期时间：90d、12h，或日期如 2027-03-31（UTC 当天零时）；默认永不过期",
    rpm: "每分钟请求数",
    tokensPerDay: "每天（UTC）token 数，如 200000、200k 或 2M",
    concurrent: "同时进行的请求数",
    maxBody: "请求的最大体积，如 512KiB 或 20MiB",
    maxContext: "可请求的最大 num_ctx",
    maxKeepAlive: "可请求的最长 keep_alive，如 10m",
    from: "可从哪些网段使用，如 10.0.0.0/24,2001:db8::/32",
    grant: "任何权限都不包含的内容：cloud、experimental、debug",
    ollamaKey: "Ollama 的公钥（见 ~/.ollama/id_ed25519.pub），用来代替密钥内容",
    data: "密钥存放处：目录，或 postgres://用户@主机/数据库",
    createJson: "以 JSON 输出 { id, name, key }",
    all: "包括已吊销的密钥",
    grace: "旧内容还有效多久，默认 24h",
    endStreams: "切断正在进行的应答",
    since: "统计多长时间，如 24h 或 30d，默认 7d",
    json: "输出 JSON 文档",
    last: "记录条数，默认 50",
    expect: "必须仍然存在的记录，即此命令曾输出的 序号:哈希",
  },
  arguments: {
    newName: "最多 64 个字母、数字和 ._@+-",
    key: "密钥的名称或编号",
    usageKey: "密钥的名称或编号，默认为全部",
    htpasswd: "htpasswd 格式的文件",
  },
  placeholders: {
    name: "名称",
    key: "名称",
    patterns: "模型",
    duration: "90d",
    number: "数量",
    size: "大小",
    networks: "网段",
    publicKey: "公钥",
    place: "目录|postgres://...",
    file: "文件",
    entry: "序号:哈希",
  },
  usage: {
    badName: "名称最多 64 个字母、数字和 ._@+-，以字母或数字开头",
    badPatterns: "请写模型名称，以逗号分隔，如 'qwen3:*,llama3.2'",
    badExpiry: "请写成 90d、12h、30m，或日期如 2027-03-31",
    badDuration: "请写成 90d、12h、30m 或 45s",
    badCount: "请写大于 0 的数，如 60、200k 或 2M",
    badSize: "请写成 512KiB、20MiB 或 1GiB",
    badNetworks: "请写地址或网段，以逗号分隔，如 10.0.0.0/24,2001:db8::/32",
    badPublicKey: "请写 ~/.ollama/id_ed25519.pub 的内容，以 ssh-ed25519 开头",
    badEntry: "请写 `portlock gateway log verify` 输出的 序号:哈希",
    badList: (values) => `可用的值：${values.join("、")}，以逗号分隔`,
  },
  keyTroubles: {
    "key-name-taken": ({ name }) => ({
      sentence: `已有名为 ${quote(name)} 的密钥。`,
      hint: `请换一个名称，或吊销它（portlock keys revoke ${name}），或为它换发新内容（portlock keys rotate ${name}）。`,
    }),
    "credential-taken": ({ keyName }) => ({
      sentence: `该公钥或用户已用于密钥 ${quote(keyName)}。`,
      hint: `请先吊销它：portlock keys revoke ${keyName}`,
    }),
    "no-such-key": ({ key }) => ({
      sentence: `没有密钥 ${quote(key)}。`,
      hint: "`portlock keys list --all` 会列出全部密钥；用 --data 指定存放处。",
    }),
    "key-revoked": ({ name }) => ({
      sentence: `密钥 ${quote(name)} 已被吊销，不能恢复。`,
      hint: `请新建一个：portlock keys create ${name}`,
    }),
  },
  storeTroubles: {
    gone: (place) => ({
      sentence: `存储 ${quote(place)} 不存在，或没有应答。`,
      hint: "请检查 --data，或确认数据库正在运行。目录中没有存储时，`portlock keys create 名称` 会创建。",
    }),
    locked: (place) => ({
      sentence: `存储 ${quote(place)} 被他人占用太久，未做任何操作。`,
      hint: "请重试；可查看谁在占用，例如备份：fuser -v 文件",
    }),
    "read-only": (place) => ({
      sentence: `存储 ${quote(place)} 只能读取。`,
      hint: "请检查其文件系统的挂载方式，或确认该数据库不是备库。",
    }),
    full: (place) => ({
      sentence: `存储 ${quote(place)} 已没有空间，未做任何操作。`,
      hint: "请清理磁盘后重试。",
    }),
    "unsafe-permissions": (place) => ({
      sentence: `所有者以外的人可以访问 ${quote(place)}，或它属于别人。`,
      hint: "请用 ls -ld 查看，然后：目录 chmod 0700，文件 chmod 0600。",
    }),
    damaged: (place) => ({
      sentence: `${quote(place)} 不是 Portlock 的存储，或已损坏。`,
      hint: "请恢复备份，或用 --data 另选存放处。",
    }),
    "newer-version": (place) => ({
      sentence: `存储 ${quote(place)} 由更新版本的 Portlock 写入。`,
      hint: "请使用该版本或更新的版本。",
    }),
    denied: (place) => ({
      sentence: `当前用户无权访问 ${quote(place)}。`,
      hint: "请以所有者身份运行（sudo），或检查数据库的用户和密码（PGPASSWORD、~/.pgpass）。",
    }),
    "wrong-pepper": (place) => ({
      sentence: `${quote(place)} 中的密钥是用另一个 pepper 生成的，全部无法识别。`,
      hint: "请从当初生成密钥的地方复制 `pepper` 文件；使用 PostgreSQL 时，请用 PORTLOCK_PEPPER_FILE 指定它。",
    }),
    busy: () => ({ sentence: "等待核对的密码太多。", hint: "请稍后重试。" }),
  },
  troubles: {
    "data-refused": ({ why }) => ({
      sentence:
        why === "password-in-url"
          ? "命令行上的密码，本机所有人都能看到。"
          : "--data 接受目录，或 postgres://用户@主机/数据库。",
      hint:
        why === "password-in-url"
          ? "请去掉密码：它取自 PGPASSWORD 或 ~/.pgpass。刚才输入的密码请更换。"
          : "省略时，密钥存放在当前用户的目录中。",
    }),
    "expiry-past": ({ text }) => ({
      sentence: `${quote(text)} 不是将来的时间，这样的密钥永远不会有效。`,
      hint: "请写 90d，或将来的日期。",
    }),
    "file-without-users": ({ file }) => ({
      sentence: `${quote(file)} 中没有用户。`,
      hint: "每行应为 用户:哈希，即 `htpasswd -B` 写出的格式。",
    }),
  },
  headings: {
    name: "名称",
    id: "编号",
    state: "状态",
    scopes: "权限",
    grants: "特别授权",
    models: "模型",
    from: "来源",
    limits: "限额",
    createdAt: "创建于",
    expiresAt: "到期",
    revokedAt: "吊销于",
    secrets: "凭据",
    requests: "请求",
    promptTokens: "输入 token",
    answerTokens: "输出 token",
    failed: "失败",
    model: "模型",
    number: "序号",
    at: "时间",
    by: "操作者",
    act: "操作",
    key: "密钥",
    detail: "内容",
  },
  states: { "in-force": "有效", expired: "已过期", revoked: "已吊销" },
  every: "全部",
  none: "无",
  never: "永不",
  limits: {
    requestsPerMinute: (value) => `每分钟 ${value} 次请求`,
    tokensPerDay: (value) => `每天 ${value} 个 token`,
    concurrent: (value) => `同时 ${value} 个`,
    maxBodyBytes: (value) => `请求体 ${value}`,
    maxContextTokens: (value) => `num_ctx ${value}`,
    maxKeepAliveSeconds: (value) => `keep_alive ${value}`,
  },
  secret: (kind, prefix, until) =>
    (kind === "secret"
      ? `内容 plk_${prefix}_...`
      : kind === "signature"
        ? `Ollama 公钥（SHA-256 ${prefix.slice(0, 16)}）`
        : `${quote(prefix)} 的密码`) + (until === null ? "" : `，有效至 ${until}`),
  created: (name, id) => `已创建密钥 ${quote(name)}（${id}）。`,
  shownOnce: "其内容只显示这一次。客户端发送方式：Authorization: Bearer ...",
  notOfService: (command) => `此密钥只供你自己启动的网关使用。本机的网关服务另有密钥：${command}`,
  createdForSignature: (name) =>
    `密钥 ${quote(name)} 没有内容：请在客户端设置 OLLAMA_AUTH=1，并把 OLLAMA_HOST 设为网关地址。`,
  rotated: (name, until) => `已为密钥 ${quote(name)} 换发新内容；旧内容有效至 ${until}。`,
  revoked: (name, endsStreams) =>
    `已吊销密钥 ${quote(name)}：所有网关在一秒内拒绝它，正在进行的应答` + (endsStreams ? "会被切断。" : "会继续完成。"),
  revokedBefore: (name, at) => `密钥 ${quote(name)} 此前已于 ${at} 吊销。`,
  noKeys: "还没有密钥。请创建：portlock keys create 名称",
  moreRevoked: (count) => `另有 ${count} 个已吊销，用 --all 显示`,
  imported: (name, line) => `第 ${line} 行：已允许 ${quote(name)}`,
  notImported: (line, why) => `第 ${line} 行：未导入：${NOT_IMPORTED[why]}`,
  noUsage: "这段时间内没有用量。",
  usageOf: (since) => `自 ${since} 以来：`,
  chart: (unit, most) => `每${unit === "hour" ? "小时" : "天"} token 数（UTC）；最长的柱形为 ${most}。`,
  logSound: (entries, number, hash) =>
    `完好：共 ${entries} 条记录。若要日后确认没有记录被去掉，请保存：${number}:${hash}`,
  logBroken: (number, why) => `不完好，问题出在第 ${number} 条：${LOG_BROKEN[why]}。`,
  logEmpty: "日志为空。",
};

const NOT_IMPORTED: Readonly<Record<Parameters<KeysWords["notImported"]>[1], string>> = {
  "no-bcrypt": "哈希不是 bcrypt；请用 `htpasswd -B` 重新生成",
  "no-user": "没有可作为密钥名称的用户名",
  "too-slow": "代价高于 14，一次登录需要数秒；请用 `htpasswd -B -C 10` 重新生成",
  "key-name-taken": "已有同名的密钥",
};

const LOG_BROKEN: Readonly<Record<Parameters<KeysWords["logBroken"]>[1], string>> = {
  changed: "它与当初写入的不同",
  missing: "它之前缺少记录",
  "cut-off": "存储表明写过这一条，但它不在",
  "not-expected": "它不是所期望的那一条",
  "key-differs": "它所说的密钥，在存储中与日志不一致",
};

function quote(text: string): string {
  return `“${toPrintable(text, 120)}”`;
}
