import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../judge/judge.ts";
import { aHost, read, type AHost } from "../../judge/testing/a-host.ts";
import type { ProxyKind } from "../../proxy/site.ts";
import { applyEdit, type FileText } from "../file-edit.ts";
import type { Plan, Planned } from "../plan.ts";
import { makeProxyPlan } from "./make-proxy-plan.ts";
import { planPeople, toPeopleSites } from "./plan-people.ts";
import type { ProxyChoices } from "./proxy-choices.ts";

const CHOICES: ProxyChoices = {
  proxy: "nginx",
  server: null,
  listen: { address: "127.0.0.1", port: 8080 },
  name: null,
  auth: "basic",
  gatewayPort: 11435,
  users: ["alice"],
  scopes: ["inference", "read"],
  tls: { kind: "none" },
  origins: [],
  requestsPerMinute: 600,
  site: null,
};
const VERSIONS: Readonly<Record<ProxyKind, string>> = {
  nginx: "nginx version: nginx/1.22.1",
  caddy: "2.6.2",
  haproxy: "HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/",
};
type Files = Readonly<Record<string, string>>;
const NGINX_CONF = "user www-data;\nhttp {\n\tinclude /etc/nginx/sites-enabled/*;\n}\n";
const FILES: Files = {
  "/etc/nginx/nginx.conf": NGINX_CONF,
  "/etc/caddy/Caddyfile": "# Theirs.\n:80 {\n\tfile_server\n}\n",
  "/etc/haproxy/haproxy.cfg": "global\n",
  "/etc/default/haproxy": '#EXTRAOPTS="-de -m 16"\n',
};
const HOST: AHost = aHost().ollama("127.0.0.1");

function plan(choices: Partial<ProxyChoices>, files: Files = FILES, host: AHost = HOST, isActive = true): Planned {
  const wanted = { ...CHOICES, ...choices };
  const texts = new Map<string, FileText>();
  const installed = { version: VERSIONS[wanted.proxy], isActive };
  for (let round = 0; round < 4; round += 1) {
    const input = { facts: host.facts, judgement: judge(host.facts), choices: wanted, installed, texts };
    const planned = makeProxyPlan(input, { version: "0.0.0", madeAt: "2026-11-22T10:00:00.000Z" });
    if (planned.kind !== "needs-files") return planned;
    for (const path of planned.paths) texts.set(path, files[path] ?? null);
  }
  throw new Error("it asks for files without end");
}

function made(choices: Partial<ProxyChoices>, files?: Files, host?: AHost): Plan {
  const planned = plan(choices, files, host);
  assert.ok(planned.kind === "plan", JSON.stringify(planned));
  return planned.plan;
}

function filesAfter({ steps }: Plan, files: Files = FILES): Files {
  const lines = new Map([["alice", "alice:$2y$05$abc"]]);
  const after = steps
    .flatMap((step) => step.files)
    .map(({ path, edit }) => {
      const edited = applyEdit(files[path] ?? null, edit, lines);
      assert.ok(edited.ok, path);
      return [path, edited.text ?? ""] as const;
    });
  return { ...files, ...Object.fromEntries(after) };
}

function commandsOf({ steps }: Plan): readonly string[] {
  return steps.flatMap(({ commands }) => commands.map((command) => command.join(" ")));
}

test("nginx of Debian: a site of its own, switched on by a link, checked before it is loaded", () => {
  const commands = commandsOf(made({}));
  assert.deepEqual(commands, [
    "nginx -t -q",
    "chgrp -- www-data /etc/nginx/portlock/ollama_11434.passwords",
    "ln -s -f -n -- /etc/nginx/sites-available/portlock-ollama_11434 /etc/nginx/sites-enabled/portlock-ollama_11434",
    "nginx -t -q",
    "systemctl reload -- nginx.service",
  ]);
});

test("nginx elsewhere: a file in conf.d", () => {
  const files = { ...FILES, "/etc/nginx/nginx.conf": "user nginx;\nhttp {\n  include conf.d/*.conf;\n}\n" };
  const after = filesAfter(made({}, files), files);
  assert.ok("/etc/nginx/conf.d/portlock-ollama_11434.conf" in after);
});

test("Caddy: one line at the end of its file, every other line as it is", () => {
  const after = filesAfter(made({ proxy: "caddy" }));
  assert.equal(after["/etc/caddy/Caddyfile"], `${FILES["/etc/caddy/Caddyfile"]}import /etc/caddy/portlock/*.caddy\n`);
  const bare = { ...FILES, "/etc/caddy/Caddyfile": ":80 {\n}" };
  assert.match(
    filesAfter(made({ proxy: "caddy" }, bare), bare)["/etc/caddy/Caddyfile"] ?? "",
    /^:80 \{\n\}\nimport .*\n$/,
  );
});

test("HAProxy: its file as it is, a folder beside it by a drop-in, restarted once", () => {
  const first = made({ proxy: "haproxy" });
  assert.ok(commandsOf(first).includes("systemctl restart -- haproxy.service"));
  assert.ok(first.steps.some(({ remarks }) => remarks.some(({ code }) => code === "restarts-proxy")));
  const after = filesAfter(first);
  assert.equal(after["/etc/haproxy/haproxy.cfg"], FILES["/etc/haproxy/haproxy.cfg"]);
  const later = commandsOf(made({ proxy: "haproxy", requestsPerMinute: null }, after));
  assert.deepEqual(later.slice(1), [
    "haproxy -c -q -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/portlock",
    "systemctl reload -- haproxy.service",
  ]);
});

test("what is as it is wanted is not done again, and whoever is let in keeps what he has", () => {
  for (const proxy of ["nginx", "caddy", "haproxy"] as const) {
    const after = filesAfter(made({ proxy }));
    assert.deepEqual(made({ proxy }, after).steps, [], proxy);
    const more = made({ proxy, users: ["alice", "bob"] }, after).steps.flatMap(({ files }) => files);
    const edit = { kind: "people", adds: ["bob"], removes: [], mode: null };
    assert.deepEqual(
      more.map((file) => file.edit),
      [edit],
      proxy,
    );
  }
});

test("no plan holds what anybody shows", () => {
  const text = JSON.stringify(made({ auth: "bearer" }));
  assert.ok(text.includes('"adds":["alice"]'));
  assert.doesNotMatch(text, /\$2y\$/);
});

type Refused = readonly [what: string, choices: Partial<ProxyChoices>, code: string, files?: Files, host?: AHost];
const LISTENING = HOST.process(70, {
  name: "nginx",
  executable: "/usr/sbin/nginx",
  arguments: ["nginx"],
  cgroup: null,
}).listens("0.0.0.0", 443, { pids: [70] });
const TLS = { kind: "self-signed" } as const;
const EVERYWHERE = { address: "::", port: 443 } as const;
const THEIR_SITE = {
  names: ["ai.example.com"],
  isDefault: false,
  listeners: [{ kind: "tcp", address: "0.0.0.0", port: 443, tls: true }],
  locations: [],
  source: { file: "/etc/nginx/sites-available/theirs", line: 1, text: "server {" },
} as const;
const NAMED = LISTENING.with({
  proxies: read(
    [
      {
        kind: "nginx",
        pid: 70,
        version: "1.22.1",
        declared: read({ files: [], sites: [THEIR_SITE], unclear: [] }, "/etc/nginx/nginx.conf"),
        running: null,
        changedSinceLoaded: false,
      },
    ],
    "/proc/*/exe",
  ),
});
const REFUSED: readonly Refused[] = [
  ["a port of another program's", { listen: { address: "127.0.0.1", port: 11434 } }, "port-held"],
  ["a port of the proxy's own, without a name", { listen: EVERYWHERE, tls: TLS }, "port-held", FILES, LISTENING],
  ["a name of another site's", { listen: EVERYWHERE, tls: TLS, name: "AI.example.com" }, "name-held", FILES, NAMED],
  ["plain HTTP for others", { listen: { address: "0.0.0.0", port: 8080 } }, "site-refused"],
  ["a server that is not there", { server: "ollama-9" }, "no-such-server"],
  ["no server", {}, "which-server", FILES, aHost()],
  ["several servers", {}, "which-server", FILES, HOST.ollama("127.0.0.1", { pid: 900, port: 11500 })],
  ["a person with a blank", { users: ["a b"] }, "person-not-plain"],
  ["an nginx that reads no folder", {}, "file-not-understood", { "/etc/nginx/nginx.conf": "http { }\n" }],
  [
    "a Caddyfile of one site",
    { proxy: "caddy" },
    "file-not-understood",
    { "/etc/caddy/Caddyfile": ":80\nfile_server\n" },
  ],
  [
    "options that somebody sets for HAProxy",
    { proxy: "haproxy" },
    "file-not-understood",
    { ...FILES, "/etc/default/haproxy": 'EXTRAOPTS="-de"\n' },
  ],
  ["the file of the whole proxy as a site", { site: "/etc/nginx/nginx.conf" }, "file-not-understood"],
];
for (const [what, choices, code, files, host] of REFUSED) {
  test(`${what} is refused: ${code}`, () => {
    const planned = plan(choices, files, host);
    assert.equal(planned.kind === "refused" ? planned.refusal.code : planned.kind, code);
  });
}

test("an open proxy that answers as the server behind it is not taken for a second one", () => {
  const open = HOST.ollama("0.0.0.0", { pid: 950, port: 8090, process: { name: "nginx", cgroup: null } });
  assert.match(JSON.stringify(made({}, FILES, open)), /server 127\.0\.0\.1:11434;/);
});

test("a proxy that does not run is refused", () => {
  const planned = plan({}, FILES, HOST, false);
  assert.equal(planned.kind === "refused" && planned.refusal.code, "proxy-stopped");
});

test("a port of the proxy's own is shared by another name, and a named file is replaced", () => {
  const wanted = { listen: EVERYWHERE, tls: TLS, name: "models.example.com" } as const;
  assert.equal(made(wanted, FILES, NAMED).steps.length, 2);
  const site = THEIR_SITE.source.file;
  const files = { ...FILES, [site]: "server { }\n" };
  for (const named of [site, "/etc/nginx/sites-enabled/theirs"]) {
    const replacing = made({ ...wanted, name: "ai.example.com", site: named }, files, NAMED);
    assert.match(filesAfter(replacing, files)[site] ?? "", /server_name ai\.example\.com;/);
  }
});

test("people of a site are changed where they are known, and nowhere else", () => {
  const [site] = toPeopleSites("caddy", ["ollama_11434.keys", "ollama_11434.caddy", "x.pem"]);
  assert.ok(site);
  const file = "alice $2y$14$abc\n";
  const ask = (adds: readonly string[], removes: readonly string[]): string => {
    const planned = planPeople(site, file, { proxy: "caddy", site: "caddy/ollama_11434", adds, removes });
    return planned.kind === "steps" ? "steps" : planned.refusal.code;
  };
  assert.equal(ask(["bob"], []), "steps");
  assert.equal(ask([], ["alice"]), "steps");
  assert.equal(ask(["alice"], []), "person-there");
  assert.equal(ask([], ["bob"]), "no-such-person");
  assert.equal(ask(["B"], []), "person-not-plain");
});
