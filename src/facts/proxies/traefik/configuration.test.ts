import assert from "node:assert/strict";
import test from "node:test";
import { openWrittenHost } from "../../written-host.fixture.ts";
import type { RunningProxy } from "../running.ts";
import { summarize } from "../summary.fixture.ts";
import { gatherTraefik } from "./gather-traefik.ts";

const STATIC = `entryPoints:
  web: { address: ":80" }
  websecure: { address: ":443" }
providers:
  file: { directory: /etc/traefik/dynamic }
`;
const HASH = "$2y$05$LBy0ZJiKSvCiL0cOqIZgFu0ktqkewdKN6MVIIz3WX2OXsDkHD7Q02";
const SERVICE = `  services:
    ollama:
      loadBalancer:
        servers:
          - url: "http://127.0.0.1:11434"
`;

interface Case {
  readonly name: string;
  readonly dynamic: string;
  readonly sites: readonly string[];
}

const router = (more: string, rule = "Host(`ai.example.com`)"): string => `http:
  routers:
    ollama:
      rule: ${rule}
      service: ollama
      entryPoints: [web]
${more}
${SERVICE}`;
const site = (...locations: readonly string[]) => [
  "0.0.0.0#80 ::#80 ai.example.com",
  ...locations.map((line) => `  ${line}`),
];

const CASES: readonly Case[] = [
  { name: "everybody is let in", dynamic: router(""), sites: site("* -> 127.0.0.1#11434") },
  {
    name: "basic auth",
    dynamic: router(
      `      middlewares: [team]\n  middlewares:\n    team:\n      basicAuth:\n        users: ["bob:${HASH}"]`,
    ),
    sites: site("* basic(bcrypt,1) -> 127.0.0.1#11434"),
  },
  {
    name: "basic auth from a file, in a chain",
    dynamic: router(
      "      middlewares: [all]\n  middlewares:\n    all:\n      chain: { middlewares: [team, office] }\n    team:\n      basicAuth: { usersFile: /etc/traefik/users }\n    office:\n      ipAllowList: { sourceRange: [10.0.0.0/8] }",
    ),
    sites: site("* basic(apr1,2) and from(10.0.0.0/8) -> 127.0.0.1#11434"),
  },
  {
    name: "a list that looks at X-Forwarded-For",
    dynamic: router(
      "      middlewares: [office]\n  middlewares:\n    office:\n      ipAllowList: { sourceRange: [10.0.0.0/8], ipStrategy: { depth: 1 } }",
    ),
    sites: site("* unclear(ipStrategy) -> 127.0.0.1#11434"),
  },
  {
    name: "Authelia",
    dynamic: router(
      "      middlewares: [authelia]\n  middlewares:\n    authelia:\n      forwardAuth: { address: http://authelia:9091/api/verify }",
    ),
    sites: site("* asks(authelia:9091) -> 127.0.0.1#11434"),
  },
  {
    name: "a key in the rule",
    dynamic: router("", "Host(`ai.example.com`) && HeadersRegexp(`X-API-Key`, `^s3cret$`)"),
    sites: site("* bearer -> 127.0.0.1#11434"),
  },
  {
    name: "paths and methods, and a longer rule without the key",
    dynamic: `http:
  routers:
    key: { rule: "PathPrefix(\`/api\`) && Header(\`Authorization\`, \`Bearer s3cret\`)", service: ollama }
    open: { rule: "Path(\`/api/version\`) && Method(\`GET\`)", service: ollama, priority: 1000 }
${SERVICE}`,
    sites: [
      "0.0.0.0#80 ::#80 default",
      "  =/api/version GET -> 127.0.0.1#11434",
      "  /api bearer -> 127.0.0.1#11434",
      "0.0.0.0#443 ::#443 default",
      "  =/api/version GET -> 127.0.0.1#11434",
      "  /api bearer -> 127.0.0.1#11434",
    ],
  },
  {
    name: "below a path",
    dynamic: router(
      "      middlewares: [strip]\n      tls: {}\n  middlewares:\n    strip: { stripPrefix: { prefixes: [/ollama] } }",
      "Host(`ai.example.com`) && PathPrefix(`/ollama`)",
    ),
    sites: ["0.0.0.0#80/tls ::#80/tls ai.example.com", "  /ollama -> 127.0.0.1#11434/"],
  },
  {
    name: "a middleware that is not there",
    dynamic: router("      middlewares: [gone@docker]"),
    sites: site("* unclear(middleware gone@docker) -> 127.0.0.1#11434"),
  },
  {
    name: "a redirection to https, met by who comes by https",
    dynamic: router(
      "      middlewares: [secure]\n      tls: {}\n  middlewares:\n    secure: { redirectScheme: { scheme: https } }",
    ),
    sites: ["0.0.0.0#80/tls ::#80/tls ai.example.com", "  * -> 127.0.0.1#11434"],
  },
  {
    name: "a redirection to https, met by who does not",
    dynamic: router("      middlewares: [secure]\n  middlewares:\n    secure: { redirectScheme: { scheme: https } }"),
    sites: site("* refuses"),
  },
  {
    name: "a service that is nowhere: the router is none, and the next one is met",
    dynamic: `http:
  routers:
    first: { rule: "Host(\`ai.example.com\`) && PathPrefix(\`/\`)", service: gone, entryPoints: [web] }
    next: { rule: "Host(\`ai.example.com\`)", service: ollama, entryPoints: [web] }
${SERVICE}`,
    sites: site("* -> 127.0.0.1#11434"),
  },
  {
    name: "a service that is told elsewhere",
    dynamic: router("").replace("service: ollama", "service: ollama@consulcatalog"),
    sites: site("* -> ?service"),
  },
  {
    name: "two of equal length: the one that demands less",
    dynamic: `http:
  routers:
    a: { rule: "Host(\`ai.example.com\`)", service: ollama, entryPoints: [web], middlewares: [team] }
    b: { rule: "Host(\`ai.example.com\`)", service: ollama, entryPoints: [web] }
  middlewares: { team: { basicAuth: { users: ["bob:${HASH}"] } } }
${SERVICE}`,
    sites: site("* -> 127.0.0.1#11434"),
  },
  {
    name: "certificates that are demanded by name",
    dynamic: `${router("      tls: { options: mtls }")}tls: { options: { mtls: { clientAuth: { clientAuthType: RequireAndVerifyClientCert } } } }`,
    sites: ["0.0.0.0#80/tls ::#80/tls ai.example.com", "  * certificate -> 127.0.0.1#11434"],
  },
  {
    name: "certificates that are demanded of no name: the options count for nobody",
    dynamic: `${router("      tls: { options: mtls }", "PathPrefix(`/`)")}tls: { options: { mtls: { clientAuth: { clientAuthType: RequireAndVerifyClientCert } } } }`,
    sites: ["0.0.0.0#80/tls ::#80/tls default", "  * -> 127.0.0.1#11434"],
  },
  {
    name: "certificates that one router of a name demands and the other does not",
    dynamic: `http:
  routers:
    a: { rule: "Host(\`ai.example.com\`)", service: ollama, entryPoints: [web], tls: { options: mtls } }
    b: { rule: "Host(\`ai.example.com\`) && Path(\`/api/version\`)", service: ollama, entryPoints: [web], tls: {} }
${SERVICE}tls: { options: { mtls: { clientAuth: { clientAuthType: RequireAndVerifyClientCert } } } }`,
    sites: [
      "0.0.0.0#80/tls ::#80/tls ai.example.com",
      "  =/api/version -> 127.0.0.1#11434",
      "  * unclear(different TLS options of one host) -> 127.0.0.1#11434",
    ],
  },
  {
    name: "a key that only has to be there",
    dynamic: router("", "Host(`ai.example.com`) && Query(`api_key`)"),
    sites: site("* any-credential -> 127.0.0.1#11434"),
  },
  {
    name: "bytes",
    dynamic:
      'tcp:\n  routers:\n    raw: { rule: "HostSNI(`*`)", service: raw, entryPoints: [web] }\n  services:\n    raw:\n      loadBalancer: { servers: [ { address: "127.0.0.1:11434" } ] }\n',
    sites: ["0.0.0.0#80 ::#80 default", "  * -> 127.0.0.1#11434"],
  },
];

const RUNNING: RunningProxy = {
  kind: "traefik",
  pid: 7,
  executable: "/usr/bin/traefik",
  words: ["traefik"],
  startedAt: null,
  workers: [],
  user: null,
  root: "",
};

for (const { name, dynamic, sites } of CASES) {
  test(name, async () => {
    const files = {
      "/etc/traefik/traefik.yml": STATIC,
      "/etc/traefik/dynamic/a.yml": dynamic,
      "/etc/traefik/users": "bob:$apr1$x$y\neve:$apr1$x$z\n",
    };
    const { declared } = await gatherTraefik(openWrittenHost({ files }), RUNNING);
    assert.ok(declared.ok);
    assert.deepEqual(summarize(declared.value), sites);
    assert.deepEqual(declared.value.unclear, []);
    assert.ok(!/s3cret|LBy0ZJ/.test(JSON.stringify(declared)));
  });
}

test("the same in TOML, and every plain request sent to https", async () => {
  const files = {
    "/etc/traefik/traefik.toml": `[entryPoints.web]\naddress = ":80"\n[entryPoints.web.http.redirections.entryPoint]\nto = "websecure"\n[entryPoints.websecure]\naddress = "127.0.0.1:443"\n[providers.file]\nfilename = "/etc/traefik/d.toml"\n`,
    "/etc/traefik/d.toml":
      '[http.routers.o]\nrule = "Host(`ai.example.com`)"\nservice = "o"\n[http.routers.o.tls]\n[[http.services.o.loadBalancer.servers]]\nurl = "http://10.0.0.5:11434/"\n',
  };
  const { declared } = await gatherTraefik(openWrittenHost({ files }), null);
  assert.ok(declared.ok);
  assert.deepEqual(summarize(declared.value), [
    "0.0.0.0#80 ::#80 default",
    "  * refuses",
    // Without entry points of its own it is on every one, with TLS.
    "0.0.0.0#80/tls ::#80/tls ai.example.com",
    "  * -> 10.0.0.5#11434",
    "127.0.0.1#443/tls ai.example.com",
    "  * -> 10.0.0.5#11434",
  ]);
});

test("entry points that are marked as default, demands on one of them, and what passes them by", async () => {
  const files = {
    "/etc/traefik/traefik.yml": `entryPoints:
  web: { address: ":80" }
  websecure: { address: ":443", asDefault: true, http: { middlewares: ["team@file"] } }
  dns: { address: ":53/udp" }
providers: { file: { filename: /etc/traefik/d.yml }, consulCatalog: {}, providersThrottleDuration: 2s }
`,
    "/etc/traefik/d.yml": `http:
  routers:
    ollama: { rule: "Host(\`ai.example.com\`)", service: ollama }
    plain: { rule: "Host(\`b.example.com\`)", service: ollama, entryPoints: [web] }
  middlewares: { team: { basicAuth: { users: ["bob:${HASH}"] } } }
${SERVICE}tcp:
  routers:
    raw: { rule: "HostSNI(\`raw.example.com\`)", service: raw, tls: {} }
  services:
    raw: { loadBalancer: { servers: [ { address: "127.0.0.1:11434" } ] } }
`,
  };
  const { declared } = await gatherTraefik(openWrittenHost({ files }), null);
  assert.ok(declared.ok);
  assert.deepEqual(summarize(declared.value), [
    "0.0.0.0#80 ::#80 b.example.com",
    "  * -> 127.0.0.1#11434",
    "0.0.0.0#443 ::#443 ai.example.com",
    "  * basic(bcrypt,1) -> 127.0.0.1#11434",
    "0.0.0.0#443/tls ::#443/tls raw.example.com",
    "  * -> 127.0.0.1#11434",
  ]);
  assert.deepEqual(
    declared.value.unclear.map(({ text }) => text),
    ["provider consulCatalog"],
  );
});

test("a redirection of an entry point that others may come before", async () => {
  const files = {
    "/etc/traefik/traefik.yml": `entryPoints:
  web: { address: ":80", http: { redirections: { entryPoint: { to: websecure, priority: 10 } } } }
providers: { file: { filename: /etc/traefik/d.yml } }
`,
    "/etc/traefik/d.yml": router(""),
  };
  const { declared } = await gatherTraefik(openWrittenHost({ files }), null);
  assert.ok(declared.ok);
  assert.deepEqual(summarize(declared.value), site("* -> 127.0.0.1#11434"));
});

test("labels of containers", async () => {
  const labels = {
    "traefik.enable": "true",
    "traefik.http.routers.ollama.rule": "Host(`ollama.localhost`)",
    "traefik.http.routers.ollama.entrypoints": "web",
    "traefik.http.routers.ollama.middlewares": "team",
    "traefik.http.middlewares.team.basicauth.users": `bob:${HASH}`,
    "traefik.http.services.ollama.loadbalancer.server.port": "11434",
    "com.example.secret": "s3cret",
  };
  const container = (name: string, own: Readonly<Record<string, string>>) => ({
    Name: `/${name}`,
    Config: { Labels: own, ExposedPorts: { "11434/tcp": {} } },
    NetworkSettings: { Networks: { proxy: { IPAddress: "172.18.0.3" } } },
  });
  const id = "a".repeat(64);
  const host = openWrittenHost({
    commands: {
      "docker --host unix:///run/docker.sock ps --quiet --no-trunc": `${id}\n`,
      [`docker --host unix:///run/docker.sock inspect -- ${id}`]: JSON.stringify([
        container("ollama", labels),
        container("other", {}),
        container("off", { "traefik.enable": "false" }),
      ]),
    },
  });
  const words = ["traefik", "--providers.docker=true", "--entrypoints.web.address=:80"];
  const { declared } = await gatherTraefik(host, { ...RUNNING, words });
  assert.ok(declared.ok);
  assert.deepEqual(summarize(declared.value), [
    "0.0.0.0#80 ::#80 ollama.localhost",
    "  * basic(bcrypt,1) -> 172.18.0.3#11434",
    "0.0.0.0#80 ::#80 other",
    "  * -> 172.18.0.3#11434",
  ]);
  assert.ok(!/s3cret|LBy0ZJ/.test(JSON.stringify(declared)));
});
