import type { ProxyFindingData, ProxySiteData, StreamingFault } from "../../judge/proxy-finding.ts";
import type { RuleWords } from "../report.ts";
import { listInEnglish as list, MADE, show, toPathText, toSize } from "./lists.ts";

/** The rules about proxies and tunnels, in English. */
export const PROXY_RULES_EN: { readonly [Id in keyof ProxyFindingData]: RuleWords<Id> } = {
  "proxy-without-auth": {
    what: "A reverse proxy hands requests of others on to a model server and asks for no credential.",
    title: (data) =>
      `Others can use the server without a credential through ${toSite(data)} at ${list(data.entries)}, which hands on to ` +
      `${show(data.to)}${data.paths.length === 0 ? "" : ` what asks for ${list(data.paths.map(toPathText))}`}`,
    why:
      "That the server itself listens on loopback no longer protects it: the proxy calls it from this host. Whoever reaches " +
      "the proxy can run models, read and delete them, and use every flaw of the server's version.",
    fix: ({ proxy }) =>
      RELAY_FIXES[proxy] ??
      `Let the proxy ask for a credential in front of every path that leads to the server${toHowTo(proxy)}, over TLS; then reload it.${toMaker(proxy)}`,
    check:
      "`curl -i https://NAME/api/tags` from another machine is answered 401, and the same over plain HTTP at most with a redirect.",
  },
  "proxy-auth-without-tls": {
    what: "A reverse proxy in front of a model server takes credentials over plain HTTP.",
    title: (data) => `${toSite(data)} asks for a credential over plain HTTP at ${list(data.entries)}`,
    why:
      "A password or key crosses the network as it is, with every request. Whoever is on the way, or in the same network, " +
      "reads it and from then on is let in.",
    fix: ({ proxy }) =>
      `Serve the site over TLS${toTls(proxy)} and let plain HTTP only redirect there. Give out new passwords and keys: the old ones have been in the open.${toMaker(proxy)}`,
    check: "`curl -i http://NAME/` is answered with a redirect to https, and never with 401.",
  },
  "every-user-manages-models": {
    what: "Everybody who has a credential for the proxy may also pull, replace and delete models.",
    title: (data) =>
      data.by === "no-path-policy"
        ? `Everybody with a credential for ${toSite(data)} may manage models: ${list(data.paths)}`
        : `${toSite(data)} forbids the paths that manage models one by one, and hands on all others`,
    details: ({ by }) =>
      by === "no-path-policy"
        ? []
        : [
            "Other spellings of a path pass such a list: a trailing slash, `//`, `%2F`, capitals; so does every path to come.",
          ],
    why:
      "One user can delete the models of all, replace one by another under the same name, fill the disk, and push what is " +
      "private to a registry.",
    fix: ({ proxy }) =>
      "Hand on exactly the paths that people need (`/api/chat`, `/api/generate`, `/api/embed`, `/api/tags`, `/api/show`, " +
      `\`/v1/chat/completions\`, \`/v1/models\`), each as an exact match, and refuse everything else.${toMaker(proxy)}`,
    check: "`curl -i -u USER:PASSWORD -X DELETE https://NAME/api/delete` is answered 403 or 404 by the proxy.",
  },
  "credential-forwarded-upstream": {
    what: "A reverse proxy hands the caller's password or key on to a model server that has no use for it.",
    title: (data) => `${toSite(data)} hands on the credential that it has checked`,
    why:
      "Ollama looks at no credential, but what it logs, and what listens in its place one day, gets to see the passwords and " +
      "keys of everybody.",
    fix: ({ proxy }) => `Remove the header on the way${toRemoval(proxy)}, then reload the proxy.`,
    check: "A request through the proxy to a server that prints its headers shows no Authorization.",
  },
  "host-check-switched-off-by-proxy": {
    what: "A reverse proxy without authentication writes a Host that a model server accepts, so that web pages get in.",
    title: (data) =>
      `A web page open on this host can use the server through ${toSite(data)} at ${list(data.entries)}: it writes the Host that the server accepts`,
    why:
      "Ollama refuses requests for foreign names so that a page cannot make its own name point to this host. The proxy takes " +
      "any name and hides it from the server.",
    fix: () => "Ask for a credential in the proxy, or let the site take only its own name and refuse every other one.",
    check: "`curl -i -H 'Host: page.example' http://127.0.0.1:PORT/api/version` is refused.",
  },
  "proxy-refused-by-host-check": {
    what: "A reverse proxy hands on a Host that Ollama refuses: it answers an empty 403, which is no authentication.",
    title: (data) =>
      data.by === "writes-name"
        ? `The 403 of ${toSite(data)} at ${list(data.entries)} is Ollama's own: the proxy hands on the Host ${list(data.hosts.map(show))}, which its Host check refuses`
        : `The 403 of ${toSite(data)} at ${list(data.entries)} is Ollama's own: the proxy passes the site's name on, and its Host check refuses it`,
    details: ({ by }) =>
      by === "passes-any-name"
        ? ["The site takes other names, too: whoever sends `Host: localhost` passes the check."]
        : [],
    why:
      "On loopback Ollama takes requests for names of this machine alone, so that web pages cannot make their own name point " +
      "to it. It asks nobody who he is: a 403 of this kind is no lock, and it is gone once the Host is right or the server " +
      "listens on another address.",
    fix: ({ proxy }) =>
      `Decide who may call, and let the proxy ask for a credential first; then let it write a Host that Ollama takes${toHost(proxy)}.${toMaker(proxy)}`,
    check:
      "`curl -i https://NAME/api/version` is answered 401 without a credential, with one by the version, and the same with `-H 'Host: localhost'` never without one.",
  },
  "proxy-breaks-streaming": {
    what: "A reverse proxy in front of a model server is set up for short answers and small requests.",
    title: (data) =>
      `${toSite(data)} breaks long answers or large requests: ${data.faults.map((each) => toFault(each, data)).join("; ")}`,
    why:
      "Answers of models come word by word over minutes, a large model is silent while it loads, and prompts with images " +
      "are larger than usual forms. What does not fit is answered 504 or 413, or arrives all at once.",
    fix: ({ proxy }) =>
      `Give the locations that lead to the server settings of their own${toStreaming(proxy)}; then reload.`,
    check:
      "`curl -N` on `/api/generate` through the proxy prints line by line, and a request after a restart of the server does not end in 504.",
  },
  "proxy-allows-any-origin": {
    what: "A reverse proxy in front of a model server tells browsers that every web page may read its answers.",
    title: (data) => `${toSite(data)} answers pages of every origin with Access-Control-Allow-Origin`,
    why:
      "The browser then hands every page that somebody opens what the server answers him. Where the proxy also keeps the " +
      "page's origin from the server, the server's own list is of no use.",
    fix: () => "Name the origins of your own pages, or remove the header and set OLLAMA_ORIGINS to them.",
    check:
      "`curl -si -H 'Origin: https://page.example' https://NAME/api/version` shows no Access-Control-Allow-Origin.",
  },
  "open-beside-proxy": {
    what: "A proxy asks for a credential, and beside it the model server itself is open to others.",
    title: (data) => `${toSite(data)} asks for a credential, and whoever calls ${list(data.open)} goes past it`,
    why: "Nobody has to use the proxy: who finds the server's own port is asked for nothing.",
    fix: () => "Let the server listen on loopback only; the proxy calls it there. `portlock harden` does that.",
    check: "`curl http://HOST:11434/` from another machine fails, and the proxy still answers.",
  },
  "slow-password-hash": {
    what: "A proxy that checks passwords anew for every request has them hashed so dearly that its other streams stall.",
    title: (data) =>
      `${toSite(data)} computes ${show(data.scheme)}${data.cost === null ? "" : ` at cost ${data.cost}`} for every request`,
    why:
      "nginx and HAProxy compute the hash in the process that serves everybody and remember nothing: at bcrypt cost 10 a " +
      "worker manages 14 requests a second, and a flood of wrong passwords stops all streams.",
    fix: () =>
      "Use a long generated password with bcrypt cost 5 (`htpasswd -B -C 5`), one random key a person that is compared as it " +
      "is, or let another service check (`auth_request`).",
    check: "`curl -o /dev/null -s -w '%{time_total}' -u USER:WRONG https://NAME/` takes a few milliseconds.",
  },
  "proxy-answers-otherwise": {
    what: "What a proxy answers without a credential is not what its configuration says.",
    title: (data) =>
      data.demands
        ? `${toSite(data)} served a request without a credential, although its configuration demands one`
        : `${toSite(data)} refused a request without a credential, although its configuration demands none`,
    why:
      "What was answered is what holds, and Portlock judges by it. Somebody who reads the configuration believes something " +
      "else: it may not be loaded, or another part of it decides.",
    fix: () => "Reload the proxy and audit again; where it stays so, look for a part that decides before this one.",
    check: "`portlock audit` no longer reports it.",
  },
  "proxy-reload-missing": {
    what: "Files of a proxy were changed after it loaded them.",
    title: ({ proxy, file }) => `${show(proxy)} runs with an older configuration than ${show(file)} says`,
    why: "What the files say begins with the next reload, which may come with an upgrade or a new certificate, at night.",
    fix: ({ proxy }) => `Check the files and load them: \`sudo systemctl reload ${show(proxy)}\`.`,
    check: "`portlock audit` no longer reports it.",
  },
  "tunnel-without-auth": {
    what: "A tunnel makes a model server reachable through somebody else's machine, without a credential.",
    title: ({ tunnel, publicName, to }) =>
      tunnel === "sshd"
        ? `Others can use a model server of another machine without a credential by ${show(publicName ?? "?")}: sshd holds that port for a machine that logged in`
        : `Others can use the server without a credential through the tunnel ${show(tunnel)}` +
          `${publicName === null ? "" : ` at ${show(publicName)}`}, which hands on to ${show(to)}`,
    why:
      "The tunnel is begun on the server's side, so that no firewall and no router there stops it, and names of tunnels are " +
      "tried out and listed. The server takes whoever comes for a program of its own host.",
    fix: ({ tunnel }) =>
      `${TUNNEL_FIXES[tunnel] ?? "Put a proxy that asks for a credential between tunnel and server (`portlock proxy`, or `portlock gateway run`)."} Until then, end it.`,
    check: "`curl -i https://PUBLIC-NAME/api/tags` from another network is refused or asks for a credential.",
  },
};

function toSite({ proxy, names }: Pick<ProxySiteData, "proxy" | "names">): string {
  if (proxy === "portlock") return "Portlock's gateway";
  return names.length === 0 ? show(proxy) : `${show(proxy)} (server name ${list(names)})`;
}

function toFault(fault: StreamingFault, data: ProxyFindingData["proxy-breaks-streaming"]): string {
  switch (fault) {
    case "collects-answers":
      return "it collects answers before it hands them on";
    case "http-1.0":
      return "it speaks HTTP/1.0 to the server";
    case "gives-up-early":
      return `it gives up after ${Math.round((data.silenceMs ?? 0) / 1000)} s of silence`;
    case "small-body":
      return `it refuses requests over ${toSize(data.bodyLimitBytes ?? 0)}`;
  }
}

/** Portlock makes sites for some of the proxies that it reads. */
function toMaker(proxy: string): string {
  if (!MADE.has(proxy)) return "";
  return ` \`portlock proxy ${proxy}\` makes such a site on a port of its own, with the rest set right too; take this one away then.`;
}

function toHowTo(proxy: string): string {
  const ways: Readonly<Record<string, string>> = {
    nginx: " (`auth_basic` and `auth_basic_user_file`, or a `map` on `$http_authorization`)",
    caddy: " (`basic_auth`, which was `basicauth` before 2.8, or a matcher on the Authorization header)",
    haproxy: " (`http-request auth unless { http_auth(LIST) }`)",
    apache: " (`AuthType Basic`, `AuthUserFile`, `Require valid-user`)",
    traefik: " (a `basicAuth` or `forwardAuth` middleware on the router)",
  };
  return ways[proxy] ?? "";
}

function toTls(proxy: string): string {
  if (proxy === "portlock") return " (`--tls-self-signed`, or `--tls-cert` and `--tls-key`)";
  return proxy === "caddy" ? " (write the site's address without `http://`)" : "";
}

function toRemoval(proxy: string): string {
  const ways: Readonly<Record<string, string>> = {
    nginx: ' (`proxy_set_header Authorization "";`, beside the other `proxy_set_header` lines of the same block)',
    caddy: " (`header_up -Authorization`)",
    haproxy: " (`http-request del-header authorization`)",
    apache: " (`RequestHeader unset Authorization`)",
    traefik: " (`removeHeader: true` in the middleware)",
  };
  return ways[proxy] ?? "";
}

function toHost(proxy: string): string {
  const ways: Readonly<Record<string, string>> = {
    nginx: " (`proxy_set_header Host localhost:11434;`, beside the other `proxy_set_header` lines of the same block)",
    caddy: " (`header_up Host localhost:11434`)",
    haproxy: " (`http-request set-header Host localhost:11434`)",
    apache: " (`ProxyPreserveHost Off`, and `ProxyPass` to `http://127.0.0.1:11434/`)",
    traefik: " (`passHostHeader: false` in the service)",
  };
  return ways[proxy] ?? "";
}

function toStreaming(proxy: string): string {
  const ways: Readonly<Record<string, string>> = {
    nginx:
      " (`proxy_buffering off; proxy_http_version 1.1; proxy_read_timeout 3600s; client_max_body_size 0; proxy_request_buffering off;`)",
    caddy:
      " (without `response_buffers` and `buffer_responses`, `read_timeout` and `response_header_timeout` of an hour or none; " +
      "`flush_interval -1` is not needed, and keeps a model busy for clients that have left)",
    haproxy: " (`timeout server 1h`, `option http-no-delay`)",
    apache: " (`ProxyTimeout 3600`, `LimitRequestBody 0`)",
    traefik: " (no `buffering` middleware, `respondingTimeouts.readTimeout` of the entry point 0)",
  };
  return ways[proxy] ?? "";
}

/** Model servers that hand on to others, each with its own way of asking for a credential. */
const RELAY_FIXES: Readonly<Record<string, string>> = {
  portkey:
    "It has no authentication of its own. Let it listen where only a proxy that asks for a credential can call it, or use `portlock gateway run` in its place, which does.",
  litellm: "Set `master_key` (LITELLM_MASTER_KEY) and give each person a key of its own; then restart it.",
  "open-webui":
    "Start it without `WEBUI_AUTH=False`, so that it has accounts, or let it listen where only a proxy that asks for a credential can call it.",
  olla: "It has no authentication of its own: let it listen on loopback, and put a proxy that asks for a credential before it (`portlock proxy`).",
  "llama-swap": "Set `apiKeys` in its configuration; then restart it.",
};

const TUNNEL_FIXES: Readonly<Record<string, string>> = {
  cloudflared: "Put Cloudflare Access in front of the name, or a proxy that asks for a credential behind it.",
  ngrok: "Give it a traffic policy with a `basic-auth` or `oauth` action.",
  "tailscale-funnel":
    "Use `tailscale serve`, which only members of your network reach, or put a proxy with a credential behind it.",
  sshd: "Let whoever began it ask for loopback (`ssh -R 127.0.0.1:PORT:…`); with `GatewayPorts no` in sshd_config nobody gets another address.",
  "ssh-remote-forward":
    "Forward to loopback of the other machine (`-R 127.0.0.1:PORT:…`), or put a proxy with a credential behind it.",
};
