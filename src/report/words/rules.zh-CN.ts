import type { RuleId } from "../../judge/finding.ts";
import { reachOf } from "../../judge/reach.ts";
import { toLoopbackValue } from "../../judge/loopback-value.ts";
import { toLoopbackPublication } from "../mend-command.ts";
import { toPrintable } from "../printable.ts";
import type { RuleWords, Subject } from "../report.ts";
import { toRunner } from "../runner.ts";
import { DECLARATION_REASONS_ZH_CN } from "./declaration-reasons.ts";
import { MISLEADING_REASONS_ZH_CN } from "./misleading-reasons.ts";
import { chooseFlaws, isSeen } from "./flaws.ts";
import { FIREWALL_RULES_ZH_CN } from "./firewall-rules.zh-CN.ts";
import { PROXY_RULES_ZH_CN } from "./proxy-rules.zh-CN.ts";
import { listInChinese as list, show } from "./lists.ts";

/** The rules in Simplified Chinese. */
export const RULES_ZH_CN: { readonly [Id in RuleId]: RuleWords<Id> } = {
  "open-bind": {
    what: "模型服务监听在他人可达的地址上，且无需凭据即应答。",
    title: ({ setting, value, entries }) =>
      `他人无需凭据即可通过 ${list(entries)} 使用该服务：` +
      (value === null ? `${show(setting)} 未设为回环地址` : `${show(setting)}=${show(value)}`),
    why:
      "任何能连到该端口的人都可以占用你的算力运行模型、读取或删除模型、让服务器从任意地址下载文件，并利用该版本的所有漏洞。" +
      "Ollama 自身没有认证功能。",
    fix: (_data, subject) => toLoopbackFix(subject),
    check:
      "`ss -H -tlnp` 中只有 127.0.0.1:11434，没有 *:11434 或 0.0.0.0:11434；在另一台机器上运行 `portlock probe http://HOST:11434`，端口不通。",
  },
  "published-port-open": {
    what: "容器把模型服务的端口发布到了他人可达的地址。",
    title: ({ engine, container, published, containerPort }) =>
      `${show(engine)} 把容器 ${show(container)} 的端口 ${containerPort} 发布到了对外地址 ${show(published)}`,
    details: ({ passesBy }) =>
      passesBy === null ? [] : [`${show(passesBy)} 已生效，但关不掉该端口：Docker 让这些数据包绕过了 ufw 的规则。`],
    why: "`-p 11434:11434` 会发布到本机的所有地址。Docker 在 ufw、firewalld 的 INPUT 规则之前就转发了这些数据包，因此 `ufw deny` 关不掉该端口。",
    fix: ({ published, containerPort }) =>
      `用 \`-p ${toLoopbackPublication(published, containerPort)}\` 重新创建容器（compose 文件：在 \`ports\` 下写 ` +
      `"${toLoopbackPublication(published, containerPort)}"）。在此之前请先停止容器。`,
    check: "`docker port 容器名`（或 `podman port 容器名`）只显示 127.0.0.1，且从另一台机器无法连接。",
  },
  "container-address-open": {
    what: "无需发布端口，他人就能直接访问容器自己的地址。",
    title: ({ container, addresses }) =>
      `其他机器可以通过容器 ${show(container)} 自己的地址 ${list(addresses)} 使用其中的服务：本机会转发这些数据包`,
    why:
      "把发往容器地址的数据包交给本机，就能访问该服务，与端口发布在哪个地址无关。" +
      "通常由容器引擎的规则拦截；本机没有这类规则，或者规则放行了。",
    fix: () =>
      "丢弃转发到该容器网络的数据包；下面的命令立即生效，主机重启后失效，并且会一并拦截引擎通过规则对外发布的端口。" +
      "要长期保留，请把规则写入 /etc/nftables.conf。" +
      '从 28 版起，Docker 会自行丢弃这类数据包，除非禁止它写规则（/etc/docker/daemon.json 中的 "iptables": false）。',
    check: "在另一台机器上执行 `ip route add 容器地址 via HOST` 后，连接容器地址失败。",
  },
  "open-to-containers": {
    what: "同一网络中的任何容器无需凭据就能访问容器里的服务。",
    title: ({ container, network, addresses }) =>
      `网络 ${show(network)} 中的任何容器都可以通过 ${list(addresses)} 使用容器 ${show(container)} 中的服务`,
    why: "同一网络中的容器可以互相访问所有端口，无论端口是否发布。任何一个容器被攻破，或者被要求代为访问，模型服务也就暴露了。",
    fix: ({ network }) =>
      `请把该容器移出网络 ${show(network)}，放到只有需要它的容器才加入的单独网络中：` +
      "`docker network create`、`docker network connect`、`docker network disconnect`。",
    check: "在不需要该服务的容器里，连接该容器的地址失败。",
  },
  "forwarded-port-open": {
    what: "包过滤器的一条规则把主机的另一个端口转发到该服务。",
    title: ({ entries, to }) => `他人可以通过 ${list(entries)} 使用该服务：有一条规则把它转发到 ${show(to)}`,
    details: ({ by }) => [show(by)],
    why: "规则（DNAT、REDIRECT）转发来的数据包，与服务自己监听在哪里无关。",
    fix: () => "请在写入该规则的地方将其删除（否则下次启动会恢复），或者只放行需要该服务的人。",
    check: "在另一台机器上连接该端口失败。",
  },
  "reached-from-other-interface": {
    what: "服务绑定在本机的某个地址上，但其他网卡也会应答该地址。",
    title: ({ address, interfaces }) => `服务绑定在 ${show(address)}，但从 ${list(interfaces)} 同样可以访问该地址`,
    why: "Linux 在任意网卡上都会应答本机的所有地址（弱主机模型）。绑定内网地址，挡不住外网一侧的同网段主机向该地址发包。",
    fix: () => "改为绑定 127.0.0.1 并通过代理对外提供，或在其他网卡上丢弃发往该地址的数据包。",
    check: "在另一块网卡所连的机器上执行 `ip route add ADDRESS via HOST` 后，连接 ADDRESS 失败。",
  },
  "loopback-routed-in": {
    what: "内核把外部发来的 127.0.0.0/8 数据包交给了监听回环地址的服务（route_localnet）。",
    title: ({ interfaces, entry }) =>
      `${show(entry)} 虽是回环地址，但 ${list(interfaces)} 一侧的同网段主机可以访问：route_localnet 已开启`,
    why: "route_localnet 开启后，同网段主机把 127.0.0.0/8 路由到本机，就能访问本应仅供本机使用的服务。",
    fix: () =>
      "关闭 route_localnet。请先确认是谁开启的：某些容器网络（如 kube-proxy 的回环 NodePort）依赖它。要持久生效，还需写入 /etc/sysctl.d。",
    check: "`sysctl -a --pattern route_localnet` 全部为 0。",
  },
  "browser-page-can-call": {
    what: "在本机浏览器中打开的网页可以调用该服务。",
    title: ({ by }) =>
      by === "host-check-off"
        ? "本机浏览器打开的网页可以通过 DNS 重绑定调用该服务：Host 校验未启用"
        : by === "no-host-check"
          ? "本机浏览器打开的网页可以通过 DNS 重绑定调用该服务：它不校验 Host"
          : "本机浏览器打开的任何网页都可以调用该服务：它接受所有 Origin",
    why: "来自互联网的网页运行在能访问该服务的用户的浏览器里。Ollama 只有监听回环地址时才校验 Host，而 OLLAMA_ORIGINS=* 会关闭 Origin 校验。",
    fix: ({ by }, subject) => {
      if (by === "any-origin") return "去掉 OLLAMA_ORIGINS 中的 `*`，只列出确实需要的网页来源，用逗号分隔。";
      if (by === "no-host-check") return "请升级：Ollama 从 0.1.29 起才有 Host 校验。";
      return toRunner(subject) === "container"
        ? "容器中的服务必须监听所有地址，Host 校验因此不启用。请在前面加一层代理，只接受你使用的域名，拒绝其他 Host。"
        : "将服务绑定到 127.0.0.1，即可启用 Host 校验。";
    },
    check:
      "`curl -i -H 'Host: rebind.example' http://127.0.0.1:11434/api/version`，以及把参数换成 " +
      "`-H 'Origin: https://page.example'`，都返回 403。",
  },
  "any-origin-allowed": {
    what: "OLLAMA_ORIGINS 允许任何网页。",
    title: ({ value }) => `OLLAMA_ORIGINS=${show(value)} 允许任何网页`,
    why: "只要在能访问该服务的浏览器中打开，任意来源的网页都能使用模型并读取应答。",
    fix: () => "清空 OLLAMA_ORIGINS，或只列出需要的来源：OLLAMA_ORIGINS=https://chat.example.com",
    check: "`curl -i -H 'Origin: https://page.example' http://127.0.0.1:11434/api/version` 返回 403。",
  },
  "setting-without-effect": {
    what: "设置写在了服务读不到的地方。",
    title: ({ setting, value, file, line, reason }) =>
      `${place(file, line)} 中的 ${show(setting)}=${show(value)} 不生效：${DECLARATION_REASONS_ZH_CN[reason]}`,
    why: "写下它的人以为已经生效，而从进程和套接字可以看到，服务用的是另一个值。",
    fix: ({ setting, file, line }) =>
      `请把 ${show(setting)} 写到服务会读取的地方，并从 ${place(file, line)} 中删除。systemd 服务只读取 unit、它的 drop-in ` +
      "以及 EnvironmentFile= 指定的文件。",
    check: "`systemctl show -p Environment UNIT` 和 /proc/PID/environ 中都是该值。",
  },
  "comment-applied-as-setting": {
    what: "写在值后面、本想当作注释的文字被当成设置生效了。",
    title: ({ setting, value, file, line }) =>
      `${place(file, line)} 中 # 之后的文字不是注释：${show(setting)}=${show(value)} 已生效`,
    why: "systemd 不支持行尾注释。那里每个形如 NAME=value 的词都是一项设置，且以最后一个为准。",
    fix: ({ file, line }) =>
      `请把 ${place(file, line)} 中的注释移到以 # 开头的单独一行，然后重新加载并重启。在此之前，可用 drop-in 写入正确的值。`,
    check: "`systemctl show -p Environment UNIT` 显示的是预期的值。",
  },
  "setting-in-overwritten-unit": {
    what: "设置写在了安装脚本每次升级都会重写的 unit 文件里。",
    title: ({ setting, file, unit }) => `${show(setting)} 写在 ${show(file)} 中，下次升级 ${show(unit)} 时会被覆盖`,
    why: "Ollama 的安装脚本会替换整个 unit 文件，这项设置及其防护作用随之消失；drop-in 则会保留。",
    fix: ({ unit }) => `请把该设置写入 ${show(unit)} 的 drop-in。`,
    check: "`systemctl cat UNIT` 中，该设置位于 .d/ 目录下的文件里，升级之后依然如此。",
  },
  "daemon-reload-missing": {
    what: "unit 的文件在 systemd 读取之后又被修改过。",
    title: ({ unit }) => `${show(unit)} 的文件已修改，但 systemd 尚未重新读取：缺少 daemon-reload`,
    why: "文件中的内容既不是下次启动会用的设置，也不是当前运行的设置。",
    fix: () => "先重新加载，再重启。请先用 `systemctl cat UNIT` 查看：文件中的内容无论好坏都会生效。",
    check: "`systemctl show -p NeedDaemonReload UNIT` 显示 no。",
  },
  "restart-missing": {
    what: "服务仍以旧值运行，而 unit 中已是新值。",
    title: ({ unit, setting, running, loaded }) =>
      `${show(unit)} 运行时${running === null ? `未设置 ${show(setting)}` : `仍为 ${show(setting)}=${show(running)}`}，` +
      `而 unit 中${loaded === null ? "已不再设置" : `已是 ${show(loaded)}`}`,
    why: "该值会在以后某次无人留意的重启中改变：服务可能因此关闭对外访问，也可能因此暴露。",
    fix: ({ loaded }) =>
      `重启服务，使${loaded === null ? "默认值" : ` ${show(loaded)} `}生效；如果会因此暴露，请先改正。`,
    check: "服务进程的 /proc/PID/environ 中是 unit 中的值。",
  },
  "second-server": {
    what: "除系统服务外，还有人手工启动了同类服务。",
    title: ({ servers }) => `同类服务运行了不止一个：${list(servers)}`,
    why: "手工启动的服务不读取系统服务的设置：地址、主目录和模型都不同，加固系统服务对它不起作用。",
    fix: () => "停止手工启动的那一个，并弄清是谁启动的：系统服务不需要它。",
    check: "`pgrep -ax ollama` 只显示一个 `ollama serve`。",
  },
  "misleading-listen-address": {
    what: "监听地址的值与看上去的含义不符。",
    title: ({ value, reason, listensOn }) =>
      `OLLAMA_HOST=${show(value)} 的实际含义与看上去不同（${MISLEADING_REASONS_ZH_CN[reason]}）：` +
      (listensOn === null ? "仅凭该值无法得知监听在何处，甚至能否启动" : `实际监听 ${show(listensOn)}`),
    why: "例如 `:8080` 会监听所有地址；端口不是数字时会退回 11434，服务照常启动。",
    fix: () => "请完整写出地址和端口。",
    check: "`ss -H -tlnp` 显示的是预期的地址。",
  },
  "known-vulnerability": {
    what: "服务的版本存在已公开的漏洞。",
    title: ({ version, advisories: [worst, ...others] }) =>
      worst === undefined
        ? `版本 ${show(version)} 存在已公开的漏洞`
        : others.length === 0
          ? `版本 ${show(version)} 存在已公开的漏洞 ${show(worst.id)}`
          : `版本 ${show(version)} 存在 ${others.length + 1} 个已公开的漏洞，最严重的是 ${show(worst.id)}`,
    details: ({ advisories }, server) => {
      const { places, left } = chooseFlaws(advisories);
      const toPlace = (place: keyof typeof PLACES): string =>
        `${PLACES[place]}${isSeen(place, server) ? "" : "（未能排除）"}`;
      return [
        ...places.flatMap(({ usableFrom, groups }) => [
          usableFrom.length === 0
            ? "以下漏洞，未见无凭据者可以利用："
            : `可从以下位置利用：${usableFrom.map(toPlace).join("、")}`,
          ...groups.map(({ ids, flaw, source }) => {
            const mended = flaw.fixed === null ? "尚无修复版本" : `${show(flaw.fixed)} 已修复`;
            const doubt = flaw.certain ? "" : "；现有记录无法确定此版本是否受影响";
            return `- ${list(ids)}：${toPrintable(flaw.summary["zh-CN"], 160)}（${mended}${doubt}）${source === null ? "" : show(source)}`;
          }),
        ]),
        ...(left.length === 0
          ? []
          : [`另有 ${left.length} 个：${left.map(show).join("、")}。详情见 \`portlock audit --json\`。`]),
      ];
    },
    why: "漏洞细节已公开，能从所列位置访问该服务的人都可以利用。",
    fix: ({ updateTo, advisories }, subject) => {
      const isOpen = subject.server === null || ["outside", "browser"].includes(reachOf(subject.server));
      if (updateTo === null) return `没有可用的修复版本，请${isOpen ? "关闭对外路径" : TRUST_ZH_CN}。`;
      const how =
        toRunner(subject) === "container"
          ? "拉取新版镜像，重新创建容器。"
          : "下载 https://ollama.com/install.sh，看过内容后再运行；默认安装最新版本，可用 OLLAMA_VERSION 指定。它会覆盖 unit 文件，但保留 drop-in。";
      const rest = advisories.every(({ fixed }) => fixed !== null)
        ? ""
        : isOpen
          ? "尚无修复版本的漏洞只能靠关闭对外路径来防范。"
          : `对尚无修复版本的漏洞，请${TRUST_ZH_CN}。`;
      return `请升级到 ${show(updateTo)} 或更高版本：${how}${rest}`;
    },
    check: "`curl -s http://127.0.0.1:11434/api/version` 返回已修复的版本。",
  },
  "version-unknown": {
    what: "服务没有给出版本号，无法判断存在哪些已公开的漏洞。",
    title: ({ advisories }) => `版本未知，无法排除 ${advisories} 个已知漏洞中的任何一个`,
    why: "未知不等于安全。自行编译或发行版打包的版本常显示 0.0.0。",
    fix: () => "请通过包管理器或向打包者确认版本，再与安全公告比对。",
    check: "`curl -s http://127.0.0.1:11434/api/version` 返回的版本不是 0.0.0。",
  },
  "runs-as-root": {
    what: "模型服务以 root 身份运行。",
    title: ({ pid }) => `服务（进程 ${pid}）以 root 身份运行`,
    why: "这类服务有多个漏洞允许调用者写文件；以 root 运行时，一个漏洞就足以交出 root 所能触及的一切：整台主机，或整个容器。",
    fix: (_data, subject) =>
      toRunner(subject) === "container"
        ? "用 `--user` 重新创建容器，并先把存放模型的卷交给该用户；或以 rootless 模式运行容器引擎。"
        : "改用专门的用户运行：在 unit 的 drop-in 中写入 `User=` 和 `Group=`，并把模型放到该用户的目录（OLLAMA_MODELS）。Ollama 的安装脚本会为此创建用户 ollama。",
    check: "`ps -o user= -p PID` 显示的不是 root。",
  },
  "key-file-readable": {
    what: "服务的私钥可被他人读取或修改。",
    title: ({ path, mode }) => `私钥 ${show(path)} 的权限为 ${show(mode)}`,
    why: "该密钥用于登录 ollama.com，拿到它的人可以冒用属主的账户。",
    fix: () => "只允许属主读取。如果可能已被他人读过，请退出登录，删除该密钥后重新登录。",
    check: "`stat -c %a 文件` 显示 600。",
  },
  "model-folder-writable": {
    what: "服务用户以外的人可以修改模型。",
    title: ({ path, mode }) => `模型目录 ${show(path)} 的权限为 ${show(mode)}，他人可以修改模型`,
    why: "模型文件由原生代码解析，历史上多次出现内存漏洞；能修改模型文件的人就能攻击服务。",
    fix: () => "取消同组用户和其他用户的写权限。",
    check: "`stat -c %a 目录` 的后两位不含写权限（如 755、750 或 700）。",
  },
  "request-logging-on": {
    what: "服务会把提示词和应答写入磁盘。",
    title: ({ setting }) => `${show(setting)} 已开启：提示词和请求内容会写入磁盘`,
    why: "提示词里常有合同、密钥、人名。写进日志后会长期留存，并随备份扩散。",
    fix: ({ setting }) => `关闭 ${show(setting)}，并删除已写入的内容。`,
    check: "/proc/PID/environ 中不再有该设置。",
  },
  "planted-models": {
    what: "存在已知攻击留下的模型。",
    title: ({ models }) => `发现已知攻击留下的模型：${list(models)}`,
    why: "名称以 leak_model_ 开头的模型，是有人为窃取内存内容而推送到开放服务上的。请按入侵事件处理。",
    fix: () =>
      "先保留日志作为证据，关闭对外路径，更换提示词和环境变量中出现过的所有密钥，最后再用 `ollama rm` 删除这些模型。",
    check: "`ollama list` 中不再出现。",
  },
  "cloud-on-exposed-server": {
    what: "暴露的服务提供由属主付费的云端模型。",
    title: ({ models }) => `他人可以消耗属主在 ollama.com 的额度${models.length === 0 ? "" : `：${list(models)}`}`,
    why: "不论请求来自谁，云端模型的请求都会用该服务的密钥签名。",
    fix: () => "请关闭对外路径。设置 OLLAMA_NO_CLOUD=1 可立即停用云端模型（Ollama 0.16.2 及以上）。",
    check: "`curl -s http://127.0.0.1:11434/api/status` 显示云端功能已停用。",
  },
  ...FIREWALL_RULES_ZH_CN,
  ...PROXY_RULES_ZH_CN,
  "ip-filter-unproven": {
    what: "unit 设置了 IP 过滤，但没有证据表明它真正拦截。",
    title: ({ unit, unifiedCgroups }) =>
      `${show(unit)} 的 IP 过滤已加载，但没有证据表明它真正拦截` +
      (unifiedCgroups === false ? "；本机未使用统一的 cgroup 层级，因此它不起作用" : ""),
    why: "IPAddressDeny= 依赖统一的 cgroup 层级（cgroup v2）和 bpf 系统调用；缺少时 systemd 照样加载和显示，却什么也不拦。",
    fix: () => "请从另一台机器实际连接验证。不要只依赖该过滤：同时绑定到 127.0.0.1。",
    check: "在另一台机器上执行 `curl -m 3 http://HOST:11434/`，连接失败。",
  },
};

function toLoopbackFix(subject: Subject): string {
  const runner = toRunner(subject);
  const value = toLoopbackValue(subject.server);
  const letIn = "需要远程使用的人通过带认证的代理访问。";
  if (subject.server?.kind !== "ollama") return `在启动处将服务绑定到 127.0.0.1，${letIn}`;
  if (runner === "container") {
    return `用 \`-e OLLAMA_HOST=${value}\` 重新创建容器（compose 文件：写在 \`environment\` 下），${letIn}在此之前请先停止容器。`;
  }
  if (runner === "process") return `停止该进程，再用 \`OLLAMA_HOST=${value} ollama serve\` 启动，${letIn}`;
  return `将服务绑定到 127.0.0.1，${letIn}${runner === "service" ? "服务会重启，正在处理的请求会中断。" : ""}`;
}

/** Where no route is left to be closed. */
const TRUST_ZH_CN = "只从可信的仓库拉取模型，并只让可信的人登录本机";

const PLACES = {
  internet: "互联网",
  neighbour: "同网段主机",
  container: "容器",
  host: "本机用户",
  browser: "本机浏览器中的网页",
  registry: "恶意模型仓库",
} as const;

function place(file: string, line: number | null): string {
  return line === null ? show(file) : `${show(file)}:${line}`;
}
