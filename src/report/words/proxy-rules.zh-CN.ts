import type { ProxyFindingData, ProxySiteData, StreamingFault } from "../../judge/proxy-finding.ts";
import type { RuleWords } from "../report.ts";
import { listInChinese as list, MADE, show, toPathText, toSize } from "./lists.ts";

/** The rules about proxies and tunnels, in Simplified Chinese. */
export const PROXY_RULES_ZH_CN: { readonly [Id in keyof ProxyFindingData]: RuleWords<Id> } = {
  "proxy-without-auth": {
    what: "反向代理把他人的请求转给模型服务，且不要求任何凭据。",
    title: (data) =>
      `他人无需凭据即可在 ${list(data.entries)} 经 ${toSite(data)}使用该服务，代理将` +
      `${data.paths.length === 0 ? "请求" : `对 ${list(data.paths.map(toPathText))} 的请求`}转到 ${show(data.to)}`,
    why: "服务只监听回环地址已不起保护作用：代理正是从本机访问它。能连到代理的任何人都能运行、读取和删除模型，并利用该版本的所有漏洞。",
    fix: ({ proxy }) =>
      RELAY_FIXES[proxy] ??
      `让代理在所有通往该服务的路径前要求凭据${toHowTo(proxy)}，并使用 TLS，然后重新加载代理。${toMaker(proxy)}`,
    check: "在另一台机器上执行 `curl -i https://NAME/api/tags`，得到 401；改用明文 HTTP 时至多得到跳转。",
  },
  "proxy-auth-without-tls": {
    what: "模型服务前的反向代理通过明文 HTTP 接收凭据。",
    title: (data) => `${toSite(data)}在 ${list(data.entries)} 以明文 HTTP 要求凭据`,
    why: "密码或密钥随每个请求以明文经过网络。途中或同一网络中的任何人都能读到，之后即可凭此通过。",
    fix: ({ proxy }) =>
      `改用 TLS 提供该站点${toTls(proxy)}，明文 HTTP 只做跳转。并更换密码和密钥：旧的已在网络上暴露过。${toMaker(proxy)}`,
    check: "`curl -i http://NAME/` 得到跳转到 https 的应答，而不是 401。",
  },
  "every-user-manages-models": {
    what: "凡持有代理凭据的人都可以拉取、替换和删除模型。",
    title: (data) =>
      data.by === "no-path-policy"
        ? `持有 ${toSite(data)}凭据的任何人都可管理模型：${list(data.paths)}`
        : `${toSite(data)}逐条禁止管理模型的路径，其余一律放行`,
    details: ({ by }) =>
      by === "no-path-policy"
        ? []
        : ["换一种写法即可绕过这类名单：末尾斜杠、`//`、`%2F`、大小写；今后新增的路径同样放行。"],
    why: "一名用户就能删除所有人的模型、以同名模型替换、写满磁盘，或把私有内容推送到模型仓库。",
    fix: ({ proxy }) =>
      "只放行确实需要的路径（`/api/chat`、`/api/generate`、`/api/embed`、`/api/tags`、`/api/show`、" +
      `\`/v1/chat/completions\`、\`/v1/models\`），逐条精确匹配，其余全部拒绝。${toMaker(proxy)}`,
    check: "`curl -i -u USER:PASSWORD -X DELETE https://NAME/api/delete` 由代理应答 403 或 404。",
  },
  "credential-forwarded-upstream": {
    what: "反向代理把调用者的密码或密钥转交给用不到它的模型服务。",
    title: (data) => `${toSite(data)}会把已核对过的凭据继续转交`,
    why: "Ollama 不看凭据，但它的日志，以及将来取代它监听的程序，都会见到所有人的密码和密钥。",
    fix: ({ proxy }) => `在转发时去掉该请求头${toRemoval(proxy)}，然后重新加载代理。`,
    check: "经代理访问一个会打印请求头的服务，其中没有 Authorization。",
  },
  "host-check-switched-off-by-proxy": {
    what: "没有认证的反向代理写入模型服务会接受的 Host，使网页得以进入。",
    title: (data) =>
      `在本机打开的网页可在 ${list(data.entries)} 经 ${toSite(data)}使用该服务：代理写入了服务会接受的 Host`,
    why: "Ollama 拒绝外来名称的请求，是为了防止网页把自己的域名指向本机。该代理接受任意名称，并对服务隐藏了它。",
    fix: () => "让代理要求凭据，或让该站点只接受自己的域名，拒绝其他名称。",
    check: "`curl -i -H 'Host: page.example' http://127.0.0.1:PORT/api/version` 被拒绝。",
  },
  "proxy-refused-by-host-check": {
    what: "反向代理转交的 Host 被 Ollama 拒绝：得到的是内容为空的 403，这并不是认证。",
    title: (data) =>
      data.by === "writes-name"
        ? `${toSite(data)}在 ${list(data.entries)} 返回的 403 出自 Ollama 本身：代理转交的 Host 为 ${list(data.hosts.map(show))}，其 Host 校验不接受`
        : `${toSite(data)}在 ${list(data.entries)} 返回的 403 出自 Ollama 本身：代理把站点域名原样转交，其 Host 校验不接受`,
    details: ({ by }) =>
      by === "passes-any-name" ? ["该站点也接受其他名称：只要发送 `Host: localhost` 就能通过校验。"] : [],
    why:
      "监听回环地址的 Ollama 只接受指向本机名称的请求，以防网页把自己的域名指向它。它并不询问来者是谁：这种 403 " +
      "不是锁，Host 一旦改对，或服务改为监听其他地址，它就不再存在。",
    fix: ({ proxy }) =>
      `先决定谁可以访问，让代理要求凭据，再由代理写入 Ollama 接受的 Host${toHost(proxy)}。${toMaker(proxy)}`,
    check:
      "`curl -i https://NAME/api/version` 不带凭据时得到 401，带凭据时得到版本；加上 `-H 'Host: localhost'` 而不带凭据，同样得不到版本。",
  },
  "proxy-breaks-streaming": {
    what: "模型服务前的反向代理是按短应答和小请求设置的。",
    title: (data) =>
      `${toSite(data)}会妨碍长应答或大请求：${data.faults.map((each) => toFault(each, data)).join("；")}`,
    why: "模型的应答逐词输出，可持续数分钟；大模型加载时没有任何输出；带图片的提示词也远大于普通表单。超出限制就会得到 504 或 413，或者应答最后才一次性到达。",
    fix: ({ proxy }) => `为通往该服务的 location 单独设置${toStreaming(proxy)}，然后重新加载。`,
    check: "经代理用 `curl -N` 请求 `/api/generate` 时逐行输出；服务重启后的首个请求不以 504 结束。",
  },
  "proxy-allows-any-origin": {
    what: "模型服务前的反向代理告诉浏览器：任何网页都可读取其应答。",
    title: (data) => `${toSite(data)}对任何来源的网页都返回 Access-Control-Allow-Origin`,
    why: "浏览器会因此把服务的应答交给用户打开的任何网页。如果代理还隐去了网页的来源，服务自己的来源名单也就不起作用。",
    fix: () => "只写自己网页的来源；或去掉该响应头，改在 OLLAMA_ORIGINS 中列出这些来源。",
    check:
      "`curl -si -H 'Origin: https://page.example' https://NAME/api/version` 的应答中没有 Access-Control-Allow-Origin。",
  },
  "open-beside-proxy": {
    what: "代理要求凭据，但模型服务本身在代理之外仍对他人开放。",
    title: (data) => `${toSite(data)}要求凭据，但直接访问 ${list(data.open)} 即可绕过它`,
    why: "没有人必须走代理：找到服务自身端口的人不会被要求任何凭据。",
    fix: () => "让服务只监听回环地址，代理从那里访问它。`portlock harden` 可以完成这一步。",
    check: "在另一台机器上执行 `curl http://HOST:11434/` 失败，而代理仍正常应答。",
  },
  "slow-password-hash": {
    what: "每个请求都重新核对密码的代理使用了过于昂贵的哈希，会拖住其他流。",
    title: (data) =>
      `${toSite(data)}对每个请求都计算 ${show(data.scheme)}${data.cost === null ? "" : `（cost ${data.cost}）`}`,
    why: "nginx 和 HAProxy 在为所有人服务的进程里计算哈希，且不做缓存：bcrypt cost 为 10 时，一个 worker 每秒只能处理 14 个请求，大量错误密码即可让所有流停顿。",
    fix: () =>
      "使用随机生成的长密码并将 bcrypt cost 设为 5（`htpasswd -B -C 5`），或每人一个直接比较的随机密钥，或交由其他服务核对（`auth_request`）。",
    check: "`curl -o /dev/null -s -w '%{time_total}' -u USER:WRONG https://NAME/` 只需数毫秒。",
  },
  "proxy-answers-otherwise": {
    what: "代理对无凭据请求的应答与其配置不符。",
    title: (data) =>
      data.demands
        ? `${toSite(data)}的配置要求凭据，但无凭据的请求得到了服务`
        : `${toSite(data)}的配置不要求凭据，但无凭据的请求被拒绝`,
    why: "以实际应答为准，Portlock 也据此判断。只看配置的人会得出另一种结论：配置可能尚未加载，或由另一部分决定。",
    fix: () => "重新加载代理后再次审计；如仍不符，请查找先于此处生效的配置。",
    check: "`portlock audit` 不再报告此项。",
  },
  "proxy-reload-missing": {
    what: "代理加载之后，其配置文件又被修改。",
    title: ({ proxy, file }) => `${show(proxy)} 正在运行的配置比 ${show(file)} 旧`,
    why: "文件中的内容在下次重新加载时才生效，而这可能发生在夜间升级或更换证书时。",
    fix: ({ proxy }) => `检查文件后加载：\`sudo systemctl reload ${show(proxy)}\`。`,
    check: "`portlock audit` 不再报告此项。",
  },
  "tunnel-without-auth": {
    what: "隧道使模型服务可经他人的机器访问，且不要求凭据。",
    title: ({ tunnel, publicName, to }) =>
      tunnel === "sshd"
        ? `他人无需凭据即可经 ${show(publicName ?? "?")} 使用另一台机器上的模型服务：该端口由 sshd 为登录到本机的那台机器占用`
        : `他人无需凭据即可经隧道 ${show(tunnel)}${publicName === null ? "" : `（${show(publicName)}）`} 使用该服务，隧道转到 ${show(to)}`,
    why: "隧道由服务所在的一侧发起，那里的防火墙和路由器都拦不住；隧道域名会被逐一尝试和收录。服务会把来者当作自己主机上的程序。",
    fix: ({ tunnel }) =>
      `${TUNNEL_FIXES[tunnel] ?? "在隧道与服务之间放一个要求凭据的代理（`portlock proxy` 或 `portlock gateway run`）。"}在此之前请先停止隧道。`,
    check: "在另一个网络执行 `curl -i https://PUBLIC-NAME/api/tags` 被拒绝或被要求凭据。",
  },
};

function toSite({ proxy, names }: Pick<ProxySiteData, "proxy" | "names">): string {
  if (proxy === "portlock") return "Portlock 网关";
  return names.length === 0 ? `${show(proxy)} ` : `${show(proxy)}（域名 ${list(names)}）`;
}

function toFault(fault: StreamingFault, data: ProxyFindingData["proxy-breaks-streaming"]): string {
  switch (fault) {
    case "collects-answers":
      return "先收齐应答再转交";
    case "http-1.0":
      return "以 HTTP/1.0 与服务通信";
    case "gives-up-early":
      return `静默 ${Math.round((data.silenceMs ?? 0) / 1000)} 秒即放弃`;
    case "small-body":
      return `拒绝超过 ${toSize(data.bodyLimitBytes ?? 0)} 的请求`;
  }
}

/** Portlock makes sites for some of the proxies that it reads. */
function toMaker(proxy: string): string {
  return MADE.has(proxy)
    ? `\`portlock proxy ${proxy}\` 可在另一端口建立这样的站点，其余设置也一并妥当；之后请删去现有的这个。`
    : "";
}

function toHowTo(proxy: string): string {
  const ways: Readonly<Record<string, string>> = {
    nginx: "（`auth_basic` 与 `auth_basic_user_file`，或对 `$http_authorization` 使用 `map`）",
    caddy: "（`basic_auth`，2.8 之前名为 `basicauth`；或匹配 Authorization 请求头的 matcher）",
    haproxy: "（`http-request auth unless { http_auth(LIST) }`）",
    apache: "（`AuthType Basic`、`AuthUserFile`、`Require valid-user`）",
    traefik: "（在 router 上使用 `basicAuth` 或 `forwardAuth` 中间件）",
  };
  return ways[proxy] ?? "";
}

function toTls(proxy: string): string {
  if (proxy === "portlock") return "（`--tls-self-signed`，或 `--tls-cert` 与 `--tls-key`）";
  return proxy === "caddy" ? "（站点地址不写 `http://`）" : "";
}

function toRemoval(proxy: string): string {
  const ways: Readonly<Record<string, string>> = {
    nginx: '（`proxy_set_header Authorization "";`，与同一块中的其他 `proxy_set_header` 写在一起）',
    caddy: "（`header_up -Authorization`）",
    haproxy: "（`http-request del-header authorization`）",
    apache: "（`RequestHeader unset Authorization`）",
    traefik: "（在中间件中设置 `removeHeader: true`）",
  };
  return ways[proxy] ?? "";
}

function toHost(proxy: string): string {
  const ways: Readonly<Record<string, string>> = {
    nginx: "（`proxy_set_header Host localhost:11434;`，与同一块中的其他 `proxy_set_header` 写在一起）",
    caddy: "（`header_up Host localhost:11434`）",
    haproxy: "（`http-request set-header Host localhost:11434`）",
    apache: "（`ProxyPreserveHost Off`，且 `ProxyPass` 指向 `http://127.0.0.1:11434/`）",
    traefik: "（在 service 中设置 `passHostHeader: false`）",
  };
  return ways[proxy] ?? "";
}

function toStreaming(proxy: string): string {
  const ways: Readonly<Record<string, string>> = {
    nginx:
      "（`proxy_buffering off; proxy_http_version 1.1; proxy_read_timeout 3600s; client_max_body_size 0; proxy_request_buffering off;`）",
    caddy:
      "（去掉 `response_buffers` 和 `buffer_responses`；`read_timeout` 和 `response_header_timeout` 设为一小时或不设；" +
      "不需要 `flush_interval -1`，它会让模型继续为已离开的客户端运算）",
    haproxy: "（`timeout server 1h`、`option http-no-delay`）",
    apache: "（`ProxyTimeout 3600`、`LimitRequestBody 0`）",
    traefik: "（不用 `buffering` 中间件，入口点的 `respondingTimeouts.readTimeout` 设为 0）",
  };
  return ways[proxy] ?? "";
}

/** Model servers that hand on to others, each with its own way of asking for a credential. */
const RELAY_FIXES: Readonly<Record<string, string>> = {
  portkey: "它自身没有任何认证。让它只监听要求凭据的代理才能访问的地址，或改用自带认证的 `portlock gateway run`。",
  litellm: "设置 `master_key`（LITELLM_MASTER_KEY），给每人一个密钥，然后重启。",
  "open-webui": "启动时不要设 `WEBUI_AUTH=False`，使其要求账户；或让它只监听要求凭据的代理才能访问的地址。",
  olla: "它自身没有任何认证：让它只监听回环地址，并在其前放一个要求凭据的代理（`portlock proxy`）。",
  "llama-swap": "在其配置中设置 `apiKeys`，然后重启。",
};

const TUNNEL_FIXES: Readonly<Record<string, string>> = {
  cloudflared: "在该域名前启用 Cloudflare Access，或在隧道之后放一个要求凭据的代理。",
  ngrok: "为它设置带 `basic-auth` 或 `oauth` 动作的 traffic policy。",
  "tailscale-funnel": "改用只有网络成员可达的 `tailscale serve`，或在隧道之后放一个要求凭据的代理。",
  sshd: "让发起者只请求回环地址（`ssh -R 127.0.0.1:PORT:…`）；在 sshd_config 中设 `GatewayPorts no` 后，无人能得到其他地址。",
  "ssh-remote-forward": "只转发到对方机器的回环地址（`-R 127.0.0.1:PORT:…`），或在隧道之后放一个要求凭据的代理。",
};
