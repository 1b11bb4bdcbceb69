import type { SeenAnswer } from "../apply-proxy.ts";
import type { ProxyWords } from "./proxy-words.ts";

const MAKE =
  "Plans a site that demands a credential and lets through listed routes alone, shows it, asks, checks it with the " +
  "proxy itself, loads it, asks through it, and tells each credential once. Nothing of your own sites is changed. " +
  "`portlock undo` takes it back, byte for byte. Needs root, but for --dry-run and --print.";

export const PROXY_EN: ProxyWords = {
  briefs: {
    proxy: "Put a model server behind nginx, Caddy or HAProxy, for people with a credential",
    users: "Tell and change who is let in by a site that Portlock made",
  },
  help: {
    "proxy nginx": {
      brief: "Put a model server behind nginx",
      description: MAKE,
      examples: [
        ["--dry-run", "only show what would be done, on 127.0.0.1:8080"],
        [
          "--name ai.example.com --tls-cert /etc/ssl/ai.pem --tls-key /etc/ssl/ai.key --user alice",
          "for alice, by a password",
        ],
        ["--listen 8443 --tls-self-signed --auth bearer --user alice --user bob", "by a key for each of them"],
        ["--print > ollama.conf", "the configuration, for another host"],
      ],
    },
    "proxy caddy": {
      brief: "Put a model server behind Caddy",
      description: `${MAKE} Caddy gets a certificate for a --name of the internet by itself.`,
      examples: [
        ["--name ai.example.com --user alice", "for alice, with a certificate that Caddy gets"],
        ["--auth bearer --origin https://app.example.com", "by a key, also for the web pages of one origin"],
      ],
    },
    "proxy haproxy": {
      brief: "Put a model server behind HAProxy",
      description: `${MAKE} The first time HAProxy is restarted, because it never loads another file otherwise.`,
      examples: [
        ["--listen 8443 --tls-self-signed --auth bearer --scope inference", "by a key, and only to ask models"],
      ],
    },
    "proxy users list": {
      brief: "Tell who is let in",
      description: "Lists the people of each site that Portlock made, never what they show. Needs root.",
      examples: [["", "this host"]],
    },
    "proxy users add": {
      brief: "Let somebody in",
      description: "Makes a credential, shows it once, and makes the proxy load it. `portlock undo` takes it back.",
      examples: [["carol", "by a password or a key, as the site has it"]],
    },
    "proxy users remove": {
      brief: "Let somebody in no more",
      description: "Takes a person out, and makes the proxy load that. A stream that runs goes on to its end.",
      examples: [["bob --site nginx/ollama_11434", "of one of several sites"]],
    },
  },
  flags: {
    host: "host to change, through OpenSSH; default: this one",
    server: "server to put behind it, as the report names it; default: the only one",
    listen: "where it listens; default: port 443 of every address with TLS, else 127.0.0.1:8080",
    name: "host name it is called by; a port of the proxy's own is shared by it",
    auth: "how people show who they are; default: basic",
    gatewayPort: "port of `portlock gateway` on loopback, for --auth portlock; default: 11435",
    user: "somebody to let in, may be repeated; default: owner",
    scope: "what is let through, may be repeated; default: inference and read",
    tlsCert: "certificate file (PEM, with its chain)",
    tlsKey: "key file of that certificate",
    tlsSelfSigned: "make a certificate that nobody vouches for",
    origin: "origin whose web pages may call it, may be repeated; default: none",
    rate: "requests a minute for each client address, 0 for no limit; default: 600",
    site: "file of a site that is to be replaced by this one",
    peopleSite: "site that is meant, as `portlock proxy users list` names it",
    print: "write the configuration to standard output, and change nothing",
    plan: "write the plan to this file, and change nothing",
    json: "print one JSON document; credentials go to standard error",
  },
  arguments: { person: "name of the person" },
  placeholders: {
    listen: "HOST:PORT",
    name: "NAME",
    person: "NAME",
    origin: "ORIGIN",
    rate: "NUMBER",
    site: "FILE",
  },
  usage: {
    badListen: "write 443, 127.0.0.1:8080 or [::1]:8080; names are not looked up",
    badRate: "write a number of requests a minute, 0 for no limit",
  },
  seen: (answer) => `${toWho(answer)}, GET ${answer.path}: ${answer.came}${toExpected(answer)}`,
  shownOnce: "Give these to the people they are for. They are not kept anywhere, and not shown again:",
  credential: (auth, name, secret) =>
    auth === "basic" ? `${name}: user name ${name}, password ${secret}` : `${name}: Authorization: Bearer ${secret}`,
  otherAnswer: "what came through the proxy was not what had to come",
  printedFor: (proxy, version, isInstalled) =>
    `Written for ${proxy} ${version}${isInstalled ? ", which is installed here" : "; it is not installed here"}.`,
  needsPeople: (file) =>
    `Who is let in stands in ${file}, a line each, readable by root and the proxy alone; docs/proxy.md has its form.`,
  noSites: "Portlock has made no site here that has people of its own.",
  people: (site, auth, names) => `${site} (${auth}): ${names.length === 0 ? "nobody" : names.join(", ")}`,
};

function toWho({ with: shown }: SeenAnswer): string {
  if (shown === "credential") return "With a credential";
  return shown === "no-credential" ? "Without a credential" : "With a wrong credential";
}

function toExpected({ came, expected }: SeenAnswer): string {
  return came === String(expected) ? "" : `, and not ${expected}`;
}
