import type { ManagerName } from "../../judge/finding.ts";
import type { RuleWords } from "../report.ts";
import type { FirewallRuleId } from "./firewall-rule-id.ts";
import { listInChinese as list, show } from "./lists.ts";
import { MANAGER_NAMES } from "./product-names.ts";

/** The rules about packet filters and those who manage them, in Simplified Chinese. */
export const FIREWALL_RULES_ZH_CN: { readonly [Id in FirewallRuleId]: RuleWords<Id> } = {
  "ufw-inactive": {
    what: "ufw 配置了规则，但处于停用状态。",
    title: ({ rules, command }) =>
      `ufw 有 ${rules} 条规则但未启用：` + (command === null ? "没有一条生效" : `${show(command)} 未生效`),
    why: "ufw 停用时不加载任何规则：放行规则不生效，“默认拒绝其余连接”同样不生效。",
    fix: () =>
      "请先放行必须保持可达的端口（如通过 SSH 登录，先执行 `sudo ufw allow OpenSSH`），再执行 `sudo ufw enable`。" +
      "如果本机由其他防火墙负责，可用 `sudo ufw reset` 清除 ufw 的规则。",
    check: "`sudo ufw status` 显示 `Status: active` 并列出规则。",
  },
  "firewalld-unsaved": {
    what: "firewalld 正在运行的配置与其文件不一致。",
    title: ({ zone, onlyNow, onlySaved }) =>
      `firewalld 的区域 ${show(zone)} 将在下次重新加载时改变：` +
      [
        ...(onlyNow.length > 0 ? [`${list(onlyNow)} 将消失`] : []),
        ...(onlySaved.length > 0 ? [`${list(onlySaved)} 将生效`] : []),
      ].join("；"),
    why:
      "未加 --permanent 的设置在 firewalld 下次重新加载或主机重启后失效，而加了 --permanent 的设置到那时才生效。" +
      "安装软件包也可能触发重新加载。",
    fix: () =>
      "如果当前运行的配置正确，将其保存：`sudo firewall-cmd --runtime-to-permanent`；如果文件正确，将其加载：`sudo firewall-cmd --reload`。",
    check: "`firewall-cmd --zone=ZONE --list-all` 与 `firewall-cmd --permanent --zone=ZONE --list-all` 内容一致。",
  },
  "rule-managers-fight": {
    what: "有两个程序在管理包过滤规则，其中一个会清除另一个的规则。",
    title: ({ by, of, flushes }) =>
      by === "ufw"
        ? `ufw 与 ${joinManagers(of)} 同时管理包过滤规则，且互不知晓对方的规则`
        : `${show(by)} 每次启动都会清除${flushes ? "全部规则" : "其文件所列的表"}，包括 ${joinManagers(of)} 的规则`,
    why: "其中任何一个启动或更新，都会打开或关闭另一个所管的端口，而后者的状态仍显示一切正常。",
    fix: ({ by, of, flushes }) =>
      by === "ufw"
        ? "只保留一个：确认规则都已在另一个中配置后，执行 `sudo ufw disable` 或 `sudo systemctl disable --now firewalld`。"
        : `只保留一个。如果保留 ${joinManagers(of)}，执行 \`sudo systemctl disable ${show(by)}\`` +
          (flushes ? "；不要停止它，否则同样会清除全部规则。" : "。"),
    check: "主机下次启动后，`sudo nft list ruleset` 仍显示所保留的那个程序的规则。",
  },
  "rule-lost-on-reload": {
    what: "有一条手工添加的规则，在 Docker 或 firewalld 下次启动或重新加载后不再起作用。",
    title: ({ manager, chain, how, rules }) =>
      how === "put-behind"
        ? `${show(chain)} 中的 ${list(rules)} 只在 ${toManager(manager)} 再次启动之前有效，之后其自身规则会排到它前面`
        : `${show(chain)} 中的 ${list(rules)} 只在 ${toManager(manager)} 重建规则之前有效，之后将消失`,
    why:
      "Docker 启动时会重建 DOCKER 链，并把自己的跳转放到 FORWARD 的最前面；firewalld 每次重新加载都会重建其全部链。" +
      "更新软件包就足以触发。",
    fix: ({ manager }) =>
      manager === "docker"
        ? "请把它放到 Docker 不会改动的 DOCKER-USER 链中并保存。该链中的端口是容器自身的端口。"
        : "请通过 firewalld 设置：`sudo firewall-cmd --permanent --add-rich-rule='...'`，然后 `sudo firewall-cmd --reload`。",
    check: "执行 `sudo systemctl restart docker` 或 `sudo firewall-cmd --reload` 之后，应被它拦截的连接依然失败。",
  },
  "rule-never-reached": {
    what: "有一条针对模型服务端口的规则永远不会生效：排在前面的规则已处理了它针对的所有连接。",
    title: ({ ruleText, behind, stops }) =>
      `${show(ruleText)} ${stops ? "拦不住任何人" : "放行不了任何人"}：${show(behind)} 排在它前面`,
    why: "规则按顺序匹配，第一条接受、丢弃或返回的规则就决定了结果。ufw 会把新规则排在已有规则之后，`iptables -A` 也是如此。",
    fix: ({ stops }) =>
      (stops
        ? "如果确实需要后面这条规则，请把它移到前面：ufw 用 `sudo ufw delete 规则`，再用 `sudo ufw insert 1 规则`；iptables 用 `-I` 代替 `-A`。"
        : "如果不再需要前面那条规则，请将其删除：ufw 用 `sudo ufw delete 规则`；iptables 用 `-D` 代替 `-A`。") +
      "否则请删除这条不会生效的规则，以免有人依赖它。",
    check: "`sudo portlock trace --from 地址 --to HOST:11434` 显示由该规则决定结果。",
  },
  "rule-for-one-family": {
    what: "规则只对 IPv4 或只对 IPv6 关闭了模型服务的端口，另一种被遗漏。",
    title: ({ family, by, entries }) =>
      `${show(by)} 只对 IPv${family} 有效：他人可以经 IPv${family === 4 ? 6 : 4} 通过 ${list(entries)} 访问`,
    why:
      "iptables 与 ip6tables 是两套规则，nftables 的 `ip` 表与 `ip6` 表也是如此。监听所有地址的服务对两者都应答，" +
      "而同网段的每台主机无需任何配置就有 IPv6 链路地址。",
    fix: () =>
      "请为另一种协议写入同样的规则：在 iptables 之外再用 ip6tables，或者在 nftables 的 `inet` 表中一次写好。" +
      "只要 /etc/default/ufw 中为 IPV6=yes，ufw 会同时写入两者。",
    check: "在另一台机器上执行 `curl -m 3 'http://[地址]:11434/'`，用本机的 IPv6 地址失败，用 IPv4 地址同样失败。",
  },
  "default-policy-accept": {
    what: "已有包过滤器，但没有规则拦截他人访问已暴露的服务，而未被规则涉及的一律放行。",
    title: ({ policies, entries }) => `没有规则拦截他人访问 ${list(entries)}：${list(policies)}`,
    why: "凡是规则没有涉及的都放行，新服务一开始监听就对外开放，这个服务也是如此。默认丢弃时，只有明确列出的才能进入。",
    fix: () =>
      "请先放行必须保持可达的服务（例如 SSH），再拒绝其余连接：`sudo ufw default deny incoming`，或把该链的默认策略设为 drop。" +
      "通过网络操作可能会把自己锁在外面。",
    check: "`sudo nft list ruleset` 中该链显示 `policy drop`，且从另一台机器连接失败。",
  },
  "session-outlives-rule": {
    what: "规则已拦截新连接，但同一来源的已有连接仍在使用模型服务。",
    title: ({ sources, by, goesOn }) =>
      `${show(by)} 已拦截新连接，但来自 ${list(sources)} 的已有连接${goesOn ? "仍在继续" : "可能仍在继续"}`,
    why: "多数规则首先放行属于已建立连接的数据包。端口关闭之前已连接的人，只要不断开，就能继续使用该服务。",
    fix: () => "请重启服务：已有连接会随之断开，被拦截的来源无法再次连接。",
    check: "`ss -H -tn state established sport = :11434` 中没有应被规则拦截的来源。",
  },
};

function joinManagers(names: readonly ManagerName[]): string {
  return names.map(toManager).join(" 和 ");
}

function toManager(name: ManagerName): string {
  return MANAGER_NAMES[name];
}
