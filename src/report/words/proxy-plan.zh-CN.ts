import type { ProxyRefusal, ProxyRemark } from "../../plan/plan.ts";
import type { SiteRefusal } from "../../proxy/refuse-site.ts";
import { toPrintable } from "../printable.ts";
import type { ProxyPlanWords } from "./plan-words.ts";

const PRODUCTS = { nginx: "nginx", caddy: "Caddy", haproxy: "HAProxy" } as const;

/** What a plan says about a reverse proxy, in Simplified Chinese. */
export const PROXY_PLAN_ZH_CN: ProxyPlanWords = {
  summary: (host, proxy) => `${host} 上 ${PRODUCTS[proxy]} 的计划。目前尚未做任何更改。`,
  nothingToDo: (host, proxy) => `${host} 无需处理：${PRODUCTS[proxy]} 已符合要求。`,
  lets: (path, mode) => `${path}${mode === null ? "" : `（权限 ${mode}）`}，每人一行，在执行时生成`,
  person: (name) => `${name}：凭据只显示一次`,
  refusesStrangers: (address, port) => `在 ${address} 端口 ${port} 上，不出示凭据者一律得到 401`,
  remark: toRemarkText,
  refusal: toRefusalText,
};

function toRemarkText(remark: ProxyRemark): string {
  switch (remark.code) {
    case "self-signed":
      return (
        `此证书没有任何机构担保（${show(remark.certificate)}）：客户端会拒绝它，除非让客户端信任该文件。` +
        "请勿关闭客户端的证书校验：那样途中的任何人都能读到凭据。"
      );
    case "restarts-proxy":
      return `${PRODUCTS[remark.proxy]} 需要重新启动一次，否则不会加载新增的文件：它其他站点的连接会中断。`;
    case "keys-as-they-are":
      return `nginx 无法比对密钥的哈希值：${show(remark.path)} 中存放的是密钥原文，只有 root 能读取。`;
    case "no-rate-limit":
      return "Caddy 自身没有请求频率限制：--rate 在此不起作用。";
    case "opens-port-80":
      return "为取得证书，Caddy 也会监听 80 端口；该端口只会跳转到 HTTPS。";
    case "gateway-serves":
      return "HAProxy 无法就密钥询问网关：它把所有请求交给网关，再由网关访问模型服务。";
    case "replaces-file":
      return `${show(remark.path)} 中现有的内容会被取代，撤销时恢复。`;
    case "open-beside":
      return `${show(remark.server)} 在代理之外仍对他人敞开：请用 \`portlock harden\` 关闭。`;
  }
}

function toRefusalText(refusal: ProxyRefusal): { readonly sentence: string; readonly hint: string } {
  switch (refusal.code) {
    case "proxy-missing":
      return {
        sentence: `本机没有安装 ${PRODUCTS[refusal.proxy]}。`,
        hint: `请先安装；在 Debian 和 Ubuntu 上：apt-get install ${refusal.proxy}`,
      };
    case "proxy-stopped":
      return {
        sentence: `${PRODUCTS[refusal.proxy]} 没有以服务 ${refusal.proxy}.service 的形式运行。`,
        hint: `请先启动：systemctl enable --now ${refusal.proxy}`,
      };
    case "which-server":
      return refusal.servers.length === 0
        ? { sentence: "本机没有 Ollama。", hint: "请先启动它；`portlock audit` 会列出找到的服务。" }
        : {
            sentence: "本机有多个服务器。",
            hint: `请指明是哪一个：${refusal.servers.map((id) => `--server ${show(id)}`).join("、")}`,
          };
    case "port-held":
      return {
        sentence: `端口 ${refusal.port} 已被 ${show(refusal.by)} 占用。`,
        hint: "请用 --listen 另选一个；若端口属于该代理自己，可用 --name 共用（HAProxy 除外）。",
      };
    case "name-held":
      return {
        sentence: `${show(refusal.name)} 已是该端口上另一个站点的名称，见 ${show(refusal.by)}。`,
        hint: `请另选 --name；若要用本站点取代它：--site ${show(refusal.by)}`,
      };
    case "site-refused":
      return toSiteRefusalText(refusal.why);
    case "person-not-plain":
      return {
        sentence: `“${show(refusal.name)}”不能作为用户名。`,
        hint: "请使用不超过 32 个小写字母、数字、- 和 _。",
      };
    case "person-there":
      return {
        sentence: `${show(refusal.name)} 已在允许之列。`,
        hint: "如需新的凭据，请先删除旧的：portlock proxy users remove",
      };
    case "no-such-person":
      return {
        sentence: `${show(refusal.name)} 不在允许之列。`,
        hint:
          refusal.people.length === 0
            ? "目前没有任何人。"
            : `允许的有：${refusal.people.map((name) => show(name)).join("、")}。`,
      };
    case "which-site":
      return refusal.sites.length === 0
        ? { sentence: "Portlock 没有在本机建立过自带用户的站点。", hint: "可以建立一个：portlock proxy nginx" }
        : {
            sentence: "本机有多个站点。",
            hint: `请指明是哪一个：${refusal.sites.map((site) => `--site ${show(site)}`).join("、")}`,
          };
  }
}

function toSiteRefusalText(refusal: SiteRefusal): { readonly sentence: string; readonly hint: string } {
  switch (refusal.code) {
    case "plain-http-elsewhere":
      return {
        sentence: `没有 TLS，通往 ${show(refusal.address)} 途中的任何人都能读到凭据。`,
        hint: "请给出 --tls-cert 和 --tls-key，或 --tls-self-signed；使用 Caddy 时给出 --name 即可。在 127.0.0.1 上则不需要。",
      };
    case "not-plain":
      return {
        sentence: `“${show(refusal.text)}”不能写入配置。`,
        hint: "名称、来源和路径中不能有空格和引号。",
      };
    case "nothing-allowed":
      return { sentence: "没有放行任何权限。", hint: "请给出 --scope inference、read 或 manage。" };
    case "automatic-needs-name":
      return { sentence: "Caddy 只能为互联网上的域名取得证书。", hint: "请给出 --name ai.example.com。" };
    case "automatic-not-here":
      return { sentence: "只有 Caddy 会自己取得证书。", hint: "请给出 --tls-cert 和 --tls-key。" };
  }
}

function show(text: string): string {
  return toPrintable(text, 200);
}
