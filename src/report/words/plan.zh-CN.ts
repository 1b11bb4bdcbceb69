import type { Expectation, LeaveReason, Refusal, Remark } from "../../plan/plan.ts";
import { toCommandLine, toPrintable } from "../printable.ts";
import type { OwnCommand } from "../own-command.ts";
import type { PlanWords } from "./plan-words.ts";
import { GATEWAY_PLAN_ZH_CN } from "./gateway-plan.zh-CN.ts";
import { MADE } from "./lists.ts";
import { PROXY_PLAN_ZH_CN } from "./proxy-plan.zh-CN.ts";

export const PLAN_ZH_CN: PlanWords = {
  separator: "；",
  summary: (host, steps, routes) =>
    `${host} 的计划：共 ${steps} 步，${routes === null ? "能关闭什么尚不清楚" : routes === 0 ? "不关闭任何路径" : `关闭 ${routes} 条敞开的路径`}。目前尚未做任何更改。`,
  nothingToDo: (host, verdict) => {
    if (verdict === "exposed")
      return `未更改 ${host}：它处于暴露状态，但没有找到（或没有要求）安全的更改。仍然敞开的内容及原因见下。`;
    if (verdict === "unknown") return `未更改 ${host}：是否有对他人敞开的模型服务，尚不清楚。`;
    return `${host} 无需处理：没有对他人敞开的模型服务。`;
  },
  notWhole: "缺少部分信息：信息齐全时，计划的内容可能更多。",
  asRoot: "只有 root 才能读取：请用 sudo 运行同一命令；通过 SSH 时以 root 登录。",
  steps: {
    "set-unit": (target) => `更改服务 ${target} 启动时的设置`,
    "restart-process": (target) => `让 ${target} 在本机回环地址上重新启动`,
    "edit-compose-file": (target) => `在 compose 文件中把 ${target} 的端口改为只对本机发布`,
    "recreate-container": (target) => `重新创建容器 ${target}，只对本机开放`,
    "add-firewall-rule": (target) => `在 ${target} 中关闭端口`,
    "set-mode": (target) => `只允许所有者访问 ${target}`,
    "remove-leftover": (target) => `删除 ${target} 中不起作用的内容`,
    "check-proxy": (target) => `让 ${target} 检查现有的文件`,
    "set-proxy-site": (target) => `把模型服务放到 ${target} 之后`,
    "set-proxy-people": (target) => `更改 ${target} 允许的用户`,
    "install-gateway": (target) => `由服务 ${target} 只放行持有密钥的人`,
  },
  proxy: PROXY_PLAN_ZH_CN,
  gateway: GATEWAY_PLAN_ZH_CN,
  headings: {
    runs: "执行",
    checks: "随后检查",
    undo: "撤销",
    mind: "注意",
    interrupts: "会中断的内容",
    closes: "将关闭",
    stays: "保持不变",
    missing: "无法读取的内容",
  },
  newFile: (path, mode) => `新建文件 ${path}（权限 ${mode}）`,
  changedFile: (path) => `修改 ${path}`,
  removedFile: (path) => `删除 ${path}`,
  atLine: (line) => `第 ${line} 行`,
  modeChange: (path, from, to) => `${path} 的权限：由 ${from} 改为 ${to}`,
  filesAsTheyAre: "所有文件恢复到现在的样子，逐字节相同",
  closes: (who, entry) => `${who}，经由 ${entry}`,
  interruption: (server, because, loadedModels) =>
    `${server} ${because === "restart" ? "将重新启动" : "将停止并重新创建"}：正在生成的回答会中断` +
    (loadedModels === null
      ? "；它没有说明已加载多少模型"
      : loadedModels === 0
        ? "；目前没有加载模型"
        : `，已加载的 ${loadedModels} 个模型会被卸载`) +
    "。",
  expectation: toExpectationText,
  remark: toRemarkText,
  leave: toLeaveText,
  refusal: toRefusalText,
};

function toExpectationText(expectation: Expectation): string {
  switch (expectation.kind) {
    case "unit-active":
      return `${show(expectation.unit)} 处于活动状态`;
    case "listens-on-loopback-only":
      return `端口 ${expectation.port} 只在回环地址上监听`;
    case "answers":
      return `在 ${show(expectation.address)} 端口 ${expectation.port} 上有应答`;
    case "refuses-strangers":
      return PROXY_PLAN_ZH_CN.refusesStrangers(show(expectation.address), expectation.port);
  }
}

function toRemarkText(remark: Remark, own: OwnCommand): string {
  switch (remark.code) {
    case "lasts-until-reboot":
      return "只持续到下次重启。";
    case "others-read-this-file":
      return `每次登录也会读取 ${show(remark.path)}：此后所有用户的 \`ollama\` 命令都会访问该地址。`;
    case "service-reads-whole-file":
      return `此后 ${show(remark.path)} 中的所有变量都会交给该服务。`;
    case "for-every-user":
      return `${show(remark.path)} 对每个用户的同名服务都有效，不只是这一个用户。`;
    case "stays-closed-after-undo":
      return "它的文件原本就是这样设置的，只是需要重新启动：撤销之后它仍然是关闭的。";
    case "blocks-downloads":
      return "该服务将无法再拉取模型，也无法使用云端模型：对外的连接同样被关闭。";
    case "ip-filter-may-be-inert":
      return `在某些主机上此过滤器会加载却不拦截任何连接；只有从外部连接才能确认（\`${own("verify")}\`）。`;
    case "sandbox-score":
      return "更改前后 `systemd-analyze security` 对该单元的评分见末尾。";
    case "old-sessions-survive":
      return `目前已建立的连接可能继续存在：规则只拦截新连接（\`${own("verify")}\` 会找出它们）。`;
    case "cloud-models-off":
      return "将无法再通过此服务器使用云端模型。";
    case "keeps-old-container":
      return `原来的容器会停止并保留，名为 ${show(remark.container)}，直到你删除它。`;
    case "applies-whole-file":
      return `自上次启动以来 ${remark.paths.map((path) => show(path)).join("、")} 中的其他更改也会一并生效。`;
    case "run-in-its-terminal":
      return `在它的终端中执行：${toCommandLine(remark.command)}`;
    case "self-signed":
    case "restarts-proxy":
    case "keys-as-they-are":
    case "no-rate-limit":
    case "opens-port-80":
    case "gateway-serves":
    case "replaces-file":
    case "open-beside":
      return PROXY_PLAN_ZH_CN.remark(remark);
    case "no-key-yet":
    case "makes-own-certificate":
    case "certificate-at-restart":
    case "firewall-untouched":
    case "keys-stay-after-undo":
      return GATEWAY_PLAN_ZH_CN.remark(remark);
  }
}

function toLeaveText(why: LeaveReason, own: OwnCommand): string {
  switch (why.code) {
    case "not-asked":
      return `没有要求；使用 ${why.flag} 即可处理`;
    case "opened-by":
      return (
        `敞开的是把请求转给该服务的 ${show(why.by)}${why.place === null ? "" : `（${show(why.place)}）`}：` +
        (MADE.has(why.by)
          ? `请让它在那里要求凭据，或用 \`${own("proxy", why.by)}\` 另建要求凭据的站点并删去现有的`
          : "请让它在那里要求凭据，或停止它")
      );
    case "no-safe-change":
      return "没有能确保解决的更改";
    case "set-by-command":
      return `启动 ${show(why.unit)} 的命令自己设置了地址，drop-in 无法更改：请修改它的 ExecStart=`;
    case "port-taken":
      return `本机回环地址的端口 ${why.port} 已被其他程序占用：请为其中一个换一个端口`;
    case "started-by-hand":
      return `它是手动启动的：请在其终端中停止它，再以 ${toCommandLine(why.command)} 启动，或使用 --restart-process`;
    case "needs-recreate":
      return (
        `它的端口只能通过重新创建容器来更改：${toCommandLine(why.command)}` +
        (why.environment.length === 0
          ? ""
          : `（其中的文件须写有 ${why.environment.map((name) => show(name)).join("、")} 的值）`) +
        "，或使用 --recreate"
      );
    case "settings-not-understood":
      return `该容器有些设置无法原样交给新容器：${why.settings.map((name) => show(name)).join("、")}`;
    case "not-inspected":
      return `容器 ${show(why.container)} 的引擎没有给出它是如何创建的`;
    case "data-in-container":
      return `新容器中不会有写在此容器内、卷以外的内容：${why.paths.map((path) => show(path)).join("、")}`;
    case "no-compose-client":
      return `它由 Compose ${show(why.version)} 创建，而主机上找不到相应的 Compose：请自行在 compose 文件中更改端口`;
    case "unknown-variables":
      return `它的 compose 文件从启动它的 shell 中取得 ${why.names.map((name) => show(name)).join("、")}，这些值在此无从得知`;
    case "user-service":
      return `它是某个用户自己的服务：请以该用户或 root 运行 \`${own("harden")}\``;
    case "owner-decides":
      return "怎样做才对，只有所有者知道";
    case "unknown-runner":
      return "看不到是谁启动的";
  }
}

function toRefusalText(refusal: Refusal, own: OwnCommand): { readonly sentence: string; readonly hint: string } {
  switch (refusal.code) {
    case "no-such-server":
      return {
        sentence: `本机没有名为 ${show(refusal.server)} 的服务器。`,
        hint: `\`${own("audit")}\` 会列出各服务器的名称。`,
      };
    case "method-does-not-fit":
      return {
        sentence: `方法 ${refusal.method} 不适用于 ${show(refusal.server)}，它由 ${show(refusal.runBy)} 运行。`,
        hint: "不写 --method，即会采用合适的方法。",
      };
    case "facts-missing":
      return {
        sentence: `制定计划需要知道“${show(refusal.fact)}”，但无法读取。`,
        hint: `请以 root 运行；\`${own("audit")}\` 会说明缺少什么以及如何处理。`,
      };
    case "would-cut-session":
      return {
        sentence: `这会切断你自己来自 ${show(refusal.source)} 的会话。`,
        hint: `请用 --allow ${show(refusal.source)} 放行，或在主机的控制台上运行。`,
      };
    case "would-change-others":
      return {
        sentence: `这会改变谁能访问本机的其他服务（端口 ${refusal.ports.join("、")}）。`,
        hint: `如果确实需要：${refusal.ports.map((port) => `--may-change ${port}`).join(" ")}`,
      };
    case "manager-not-in-charge":
      return {
        sentence:
          `本机的防火墙不由 ${refusal.manager} 管理` +
          `${refusal.inCharge === null ? "" : `，而是由 ${refusal.inCharge} 管理`}：两个规则管理器会互相抵消。`,
        hint: "请使用 --firewall auto。",
      };
    case "prediction-unsure":
      return {
        sentence: `无法确定本机的规则会如何处理新规则（${show(refusal.why)}）。`,
        hint: "请改为通过监听地址关闭服务器，不使用 --firewall。",
      };
    case "file-not-text":
      return {
        sentence: `${show(refusal.path)} 不是 UTF-8 文本，未作更改。`,
        hint: "请手动修正该文件，或使用其他 --method。",
      };
    case "file-not-understood":
      return {
        sentence: `无法安全地编辑 ${show(refusal.path)}（${show(refusal.why)}）。`,
        hint: `请手动修改该文件，然后运行 \`${own("verify")}\`。`,
      };
    case "proxy-missing":
    case "proxy-stopped":
    case "which-server":
    case "which-site":
    case "port-held":
    case "name-held":
    case "site-refused":
    case "person-not-plain":
    case "person-there":
    case "no-such-person":
      return PROXY_PLAN_ZH_CN.refusal(refusal);
    case "word-not-plain":
    case "gateway-port-held":
      return GATEWAY_PLAN_ZH_CN.refusal(refusal);
  }
}

function show(text: string): string {
  return toPrintable(text, 200);
}
