import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as assertProperty, property, string } from "fast-check";
import type { HttpAnswer, ReadRequest, RequestOutcome } from "../../host/host.ts";
import { openWrittenHost, type WrittenHost } from "../written-host.fixture.ts";
import { gatherTunnels } from "./gather-tunnels.ts";
import { parseServeStatus } from "./tailscale.ts";
import { readSshWords, toSshTunnels } from "./ssh-forward.ts";
import { parseTarget } from "./target.ts";
import type { Tunnel } from "./tunnel.ts";

const SECRET = "5up3r-s3cr3t";

/** `cloudflared ai.example.com -> localhost:11434 everybody client`, with a mark where a credential is demanded. */
function show({ kind, publicName, to, audience, demandsCredential, host }: Tunnel): string {
  const passed = host === null ? "?" : host.kind === "literal" ? host.text : host.kind;
  const demand = demandsCredential === null ? "?" : demandsCredential ? "guarded" : "free";
  return `${kind} ${publicName ?? "-"} -> ${to === null ? "?" : `${to.host}:${to.port}`} ${audience} ${passed} ${demand}`;
}

interface Running {
  readonly program: string;
  readonly words: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly commands?: WrittenHost["commands"];
  readonly answers?: Readonly<Record<string, string>>;
}

async function gather({
  program,
  words,
  files = {},
  commands = {},
  answers = {},
}: Running): Promise<readonly string[]> {
  const host = openWrittenHost({
    files: {
      "/proc/7/cmdline": `${words.join("\0")}\0`,
      "/proc/7/environ": `PATH=/bin\0HOME=/home/ada\0`,
      ...files,
    },
    commands,
    answer: async ({ port, path }: ReadRequest): Promise<RequestOutcome> => {
      const body = answers[`${port}${path}`];
      const answer: HttpAnswer = { status: 200, headers: {}, body: body ?? "", truncated: false };
      return body === undefined ? { kind: "refused" } : { kind: "answered", answer };
    },
  });
  const metrics = {
    namespace: null,
    address: "127.0.0.1",
    port: 20_241,
    dualStack: false,
    device: null,
    inode: 1,
    uid: 0,
    pids: [7],
    evidence: { from: "ss", text: "" },
  };
  const signs = { executableOf: new Map([[7, `/usr/bin/${program}`]]), nameOf: new Map<number, string>() };
  const reading = await gatherTunnels(host, signs, [metrics]);
  assert.ok(!JSON.stringify(reading).includes(SECRET), "a secret was kept");
  return reading.ok ? reading.value.map(show) : [`unread: ${reading.why} ${reading.from}`];
}

const cases: readonly (Running & { readonly name: string; readonly tunnels: readonly string[] })[] = [
  {
    name: "cloudflared in a hurry",
    program: "cloudflared",
    words: ["cloudflared", "tunnel", "--url", "http://localhost:11434"],
    answers: { "20241/quicktunnel": '{"hostname":"blue-cat.trycloudflare.com"}' },
    tunnels: ["cloudflared blue-cat.trycloudflare.com -> localhost:11434 everybody client ?"],
  },
  {
    name: "cloudflared as Ollama's FAQ has it",
    program: "cloudflared",
    words: ["cloudflared", "tunnel", "--url", "http://localhost:11434", "--http-host-header=localhost:11434"],
    tunnels: ["cloudflared - -> localhost:11434 everybody localhost:11434 ?"],
  },
  {
    name: "cloudflared with a configuration file",
    program: "cloudflared",
    words: ["cloudflared", "--config", "/etc/cloudflared/config.yml", "tunnel", "run"],
    files: {
      "/etc/cloudflared/config.yml": `tunnel: 6ff42ae2
credentials-file: /root/.cloudflared/${SECRET}.json
ingress:
  - hostname: ai.example.com
    service: http://127.0.0.1:11434
    originRequest: { httpHostHeader: localhost }
  - hostname: team.example.com
    service: http://127.0.0.1:11434
    originRequest: { access: { required: true, teamName: team } }
  - hostname: ssh.example.com
    service: ssh://localhost:22
  - service: http_status:404
`,
    },
    tunnels: [
      "cloudflared ai.example.com -> 127.0.0.1:11434 everybody localhost ?",
      "cloudflared team.example.com -> 127.0.0.1:11434 everybody client guarded",
    ],
  },
  {
    name: "cloudflared with a token: nobody but its account knows",
    program: "cloudflared",
    words: ["cloudflared", "tunnel", "run", "--token", SECRET],
    tunnels: ["cloudflared - -> ? everybody client ?"],
  },
  {
    name: "cloudflared with a token, and its metrics tell",
    program: "cloudflared",
    words: ["cloudflared", "tunnel", "run", "--token", SECRET],
    answers: {
      "20241/config":
        '{"version":3,"config":{"ingress":[{"hostname":"ai.example.com","service":"http://localhost:11434"}]}}',
    },
    tunnels: ["cloudflared ai.example.com -> localhost:11434 everybody client ?"],
  },
  {
    name: "ngrok as Ollama's FAQ has it",
    program: "ngrok",
    words: ["ngrok", "http", "11434", "--host-header=localhost:11434"],
    answers: {
      "4040/api/tunnels":
        '{"tunnels":[{"name":"command_line","public_url":"https://a1.ngrok-free.app","config":{"addr":"http://localhost:11434"}}]}',
    },
    tunnels: ["ngrok a1.ngrok-free.app -> localhost:11434 everybody localhost:11434 free"],
  },
  {
    name: "ngrok with a password",
    program: "ngrok",
    words: ["ngrok", "http", "--basic-auth", `ada:${SECRET}`, "--authtoken", SECRET, "http://localhost:11434"],
    tunnels: ["ngrok - -> localhost:11434 everybody client guarded"],
  },
  {
    name: "ngrok with a configuration file",
    program: "ngrok",
    words: ["ngrok", "start", "--all"],
    files: {
      "/home/ada/.config/ngrok/ngrok.yml": `version: "2"
authtoken: ${SECRET}
tunnels:
  ollama: { proto: http, addr: 11434, domain: ai.ngrok.app, host_header: rewrite }
  team: { proto: http, addr: 11434, basic_auth: ["ada:${SECRET}"] }
`,
    },
    tunnels: [
      "ngrok ai.ngrok.app -> localhost:11434 everybody upstream free",
      "ngrok - -> localhost:11434 everybody client guarded",
    ],
  },
  {
    name: "cpolar",
    program: "cpolar",
    words: ["cpolar", "start-all", "-config=/usr/local/etc/cpolar/cpolar.yml"],
    files: {
      "/usr/local/etc/cpolar/cpolar.yml": `authtoken: ${SECRET}\ntunnels:\n  ollama:\n    addr: "11434"\n    proto: http\n    hostname: ai.cpolar.cn\n`,
    },
    tunnels: ["cpolar ai.cpolar.cn -> localhost:11434 everybody client free"],
  },
  {
    name: "frpc with TOML",
    program: "frpc",
    words: ["./frpc", "-c", "frpc.toml"],
    files: {
      "/proc/7/cwd/frpc.toml": `serverAddr = "frp.example.com"
auth.token = "${SECRET}"
[[proxies]]
name = "ollama"
type = "tcp"
localPort = 11434
remotePort = 6000
[[proxies]]
name = "web"
type = "http"
localPort = 11434
customDomains = ["ai.example.com"]
httpUser = "ada"
httpPassword = "${SECRET}"
hostHeaderRewrite = "localhost"
[[proxies]]
name = "secret"
type = "stcp"
secretKey = "${SECRET}"
localPort = 11434
`,
    },
    tunnels: [
      "frpc frp.example.com:6000 -> 127.0.0.1:11434 everybody client free",
      "frpc ai.example.com -> 127.0.0.1:11434 everybody localhost guarded",
      "frpc - -> 127.0.0.1:11434 members client free",
    ],
  },
  {
    name: "frpc with the older file",
    program: "frpc",
    words: ["frpc", "-c", "/etc/frp/frpc.ini"],
    files: {
      "/etc/frp/frpc.ini": `[common]\nserver_addr = 203.0.113.9\ntoken = ${SECRET}\n[ollama]\ntype = tcp\nlocal_ip = 127.0.0.1\nlocal_port = 11434\nremote_port = 6000\n`,
    },
    tunnels: ["frpc 203.0.113.9:6000 -> 127.0.0.1:11434 everybody client free"],
  },
  {
    name: "frpc whose file is gone",
    program: "frpc",
    words: ["frpc", "-c", "/x.toml"],
    tunnels: ["unread: absent /x.toml"],
  },
  {
    name: "Tailscale: for members, and for everybody",
    program: "tailscaled",
    words: ["tailscaled"],
    commands: {
      "tailscale serve status --json": `{"TCP":{"443":{"HTTPS":true},"8443":{"HTTPS":true},"10000":{"TCPForward":"127.0.0.1:11434"}},
"Web":{"gpu.tail1.ts.net:443":{"Handlers":{"/":{"Proxy":"http://127.0.0.1:11434"}}},
"gpu.tail1.ts.net:8443":{"Handlers":{"/":{"Proxy":"http://127.0.0.1:3000"},"/text":{"Text":"hi"}}}},
"AllowFunnel":{"gpu.tail1.ts.net:8443":true}}`,
    },
    tunnels: [
      "tailscale-serve gpu.tail1.ts.net:443 -> 127.0.0.1:11434 members client free",
      "tailscale-funnel gpu.tail1.ts.net:8443 -> 127.0.0.1:3000 everybody client free",
      "tailscale-serve - -> 127.0.0.1:11434 members client free",
    ],
  },
  {
    name: "Tailscale that hands on nothing",
    program: "tailscaled",
    words: ["tailscaled"],
    commands: { "tailscale serve status --json": "{}\n" },
    tunnels: [],
  },
  {
    name: "Tailscale that does not tell this user",
    program: "tailscaled",
    words: ["tailscaled"],
    commands: { "tailscale serve status --json": { exitCode: 1, stdout: "", stderr: "Access denied: serve config" } },
    tunnels: ["unread: denied tailscale serve status --json"],
  },
  {
    name: "ssh with a port for everybody over there",
    program: "ssh",
    words: ["ssh", "-fNR", "0.0.0.0:8080:localhost:11434", "-i", "/root/.ssh/key", "ada@vps.example.com"],
    tunnels: ["ssh-remote-forward vps.example.com:8080 -> localhost:11434 everybody client free"],
  },
  {
    name: "autossh with a port for that machine, if its sshd says no more",
    program: "autossh",
    words: ["autossh", "-M", "0", "-N", "-o", "ServerAliveInterval=30", "-R", "11434:127.0.0.1:11434", "vps"],
    tunnels: ["ssh-remote-forward vps:11434 -> 127.0.0.1:11434 unknown client free"],
  },
  {
    name: "localhost.run",
    program: "ssh",
    words: ["ssh", "-R", "80:localhost:11434", "nokey@localhost.run"],
    tunnels: ["ssh-remote-forward localhost.run:80 -> localhost:11434 everybody client free"],
  },
  {
    name: "ssh whose user wrote the port down, and the name it stands for",
    program: "ssh",
    words: ["ssh", "-N", "vps"],
    files: {
      "/home/ada/.ssh/config":
        "Host other\n  RemoteForward 1:localhost:11434\nHost vps *.example.com\n  HostName vps.example.com\n  RemoteForward 0.0.0.0:8080 localhost:11434\n",
      "/etc/ssh/ssh_config": "Include /etc/ssh/ssh_config.d/*.conf\nHost *\n  SendEnv LANG\n",
      "/etc/ssh/ssh_config.d/tunnel.conf": "remoteforward = 9000 127.0.0.1:11434\n",
    },
    tunnels: [
      "ssh-remote-forward vps.example.com:8080 -> localhost:11434 everybody client free",
      "ssh-remote-forward vps.example.com:9000 -> 127.0.0.1:11434 unknown client free",
    ],
  },
  {
    name: "ssh to a name that is not meant",
    program: "ssh",
    words: ["ssh", "-N", "git.sample.com"],
    files: {
      "/home/ada/.ssh/config":
        "Host * !g?t.*com\n  RemoteForward 8080 localhost:11434\nHost *x*.com git\n  RemoteForward 8081 localhost:11434\n",
    },
    tunnels: [],
  },
  {
    name: "ssh with a file of its own, which includes one beside its user's",
    program: "ssh",
    words: ["ssh", "-F", "/etc/tunnel/ssh", "vps"],
    files: {
      "/etc/tunnel/ssh": "Match host vps exec true\nInclude more\n",
      "/home/ada/.ssh/more": "RemoteForward 8080 localhost:11434\n",
      "/home/ada/.ssh/config": "RemoteForward 1 localhost:11434\n",
    },
    tunnels: ["ssh-remote-forward vps:8080 -> localhost:11434 unknown client free"],
  },
  {
    name: "ssh that is told to forward nothing",
    program: "ssh",
    words: ["ssh", "-o", "ClearAllForwardings=yes", "vps"],
    files: { "/home/ada/.ssh/config": "RemoteForward 8080 localhost:11434\n" },
    tunnels: [],
  },
  { name: "ssh that only logs in", program: "ssh", words: ["ssh", "-L", "1:h:2", "host", "-R"], tunnels: [] },
  {
    name: "localtunnel",
    program: "node",
    words: ["node", "/usr/bin/lt", "--port", "11434"],
    tunnels: ["other - -> localhost:11434 everybody client free"],
  },
  { name: "another program of Node.js", program: "node", words: ["node", "server.js"], tunnels: [] },
  {
    name: "bore",
    program: "bore",
    words: ["bore", "local", "11434", "--to", "bore.pub", "--secret", SECRET],
    tunnels: ["other bore.pub -> localhost:11434 everybody client free"],
  },
  {
    name: "ZeroTier leads to no port in particular",
    program: "zerotier-one",
    words: ["zerotier-one"],
    tunnels: ["zerotier - -> ? members client free"],
  },
];

for (const { name, tunnels, ...running } of cases) {
  test(name, async () => assert.deepEqual(await gather(running), tunnels));
}

test("random text is no tunnel and throws nothing", () => {
  assertProperty(
    property(string(), array(string()), (text, words) => {
      parseTarget(text);
      parseServeStatus(text);
      const { forwards, destination } = readSshWords(["-R", text, ...words]);
      const source = { file: "", line: null, text: "" };
      for (const tunnel of forwards.flatMap((each) => toSshTunnels(each, destination, 1, source)))
        assert.ok(tunnel.to === null || tunnel.to.port > 0);
    }),
  );
});
