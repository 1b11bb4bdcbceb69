/**
 * Tunnels out of a real host. `ssh -R` is real, against a real sshd, and tried from outside. The programs of companies
 * are not here: what stands for them is named as they are and has their command lines, files and local APIs, and leads
 * nowhere.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Route } from "../src/judge/route.ts";
import type { Report } from "../src/report/report.ts";
import { NODE_INSIDE } from "./audit.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { admit, startSshServer, toKnownHost } from "./ssh-server.ts";

const skip = missingRequirement("ssh") ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
after(() => lab?.close());

const FOR_EVERYBODY = 9001;
const FOR_THAT_HOST = 9002;

function tunnelsOf(report: Report): readonly string[] {
  const routes = report.servers.flatMap((server) => server.routes);
  return routes.flatMap((route) => toText(route)).toSorted();
}

/** Where the ports that sshd holds are open to others: this host is the other machine too. */
function fromOutsideBySshd(report: Report): readonly string[] {
  const routes = report.servers.flatMap((server) => server.routes);
  const open = routes.filter(({ hops, verdict, from }) => {
    const isOutside = from.vantage !== "host" && from.vantage !== "browser";
    return isOutside && verdict !== "closed" && hops.some((hop) => hop.kind === "tunnel" && hop.name === "sshd");
  });
  return [...new Set(open.map(({ entry, verdict }) => `${entry.address}:${entry.port} ${verdict}`))];
}

/** `ssh-remote-forward 10.77.0.10:9001 -> localhost:11434 open` */
function toText({ hops, entry, verdict }: Route): readonly string[] {
  return hops.flatMap((hop) =>
    hop.kind === "tunnel" && hop.name !== "sshd"
      ? [`${hop.name} ${entry.address}:${entry.port} -> ${hop.to} ${verdict}`]
      : [],
  );
}

test("ssh -R: whoever calls the other machine's port is served, and the report says so", { skip }, async () => {
  assert.ok(lab);
  const host = await lab.host({ systemd: true });
  try {
    await host.installOllama();
    await openSshTunnels(host);
    const { report } = await host.audit();
    const address = host.addresses.eth0.ipv4;
    assert.deepEqual(tunnelsOf(report), [
      `ssh-remote-forward ${address}:${FOR_EVERYBODY} -> localhost:11434 open`,
      `ssh-remote-forward ${address}:${FOR_THAT_HOST} -> localhost:11434 unknown`,
    ]);
    assert.deepEqual(fromOutsideBySshd(report), [`${address}:${FOR_EVERYBODY} open`]);
    const served = await host.outsider.get(address, FOR_EVERYBODY, { headers: { Host: "localhost" } });
    assert.ok(served.kind === "answered" && served.status === 200 && served.body.includes("Ollama"));
    assert.notEqual((await host.outsider.get(address, FOR_THAT_HOST)).kind, "answered");
    assert.ok(report.findings.some(({ rule }) => rule === "tunnel-without-auth"));
  } finally {
    host.close();
  }
});

/** The machine at the other end is this one: a tunnel is one wherever it comes out. */
async function openSshTunnels(host: Host): Promise<void> {
  const address = host.addresses.eth0.ipv4;
  const server = await startSshServer(host, { lines: ["GatewayPorts clientspecified"] });
  const path = "/root/.ssh/id_ed25519";
  await host.run(["mkdir", "-p", "/root/.ssh"]);
  await host.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path]);
  await admit(host, (await host.run(["cat", `${path}.pub`])).stdout.trim());
  await host.write("/root/.ssh/known_hosts", toKnownHost(address, server));
  const ssh = ["ssh", "-N", "-o", "ExitOnForwardFailure=yes"];
  await host.spawn([...ssh, "-R", `0.0.0.0:${FOR_EVERYBODY}:localhost:11434`, `root@${address}`]);
  const lines = ["Host written-down", `HostName ${address}`, `RemoteForward ${FOR_THAT_HOST} localhost:11434`];
  await host.write("/root/.ssh/config", `${lines.join("\n")}\n`, 0o600);
  await host.spawn([...ssh, "root@written-down"]);
  await host.waitForPort(FOR_EVERYBODY);
  await host.waitForPort(FOR_THAT_HOST);
}

/** A program that answers as the local API of such a one does. */
function toLocalApi(port: number, path: string, answer: object): string {
  return `require("node:http").createServer((request, response) => {
    const known = request.url === ${JSON.stringify(path)};
    response.writeHead(known ? 200 : 404).end(known ? ${JSON.stringify(JSON.stringify(answer))} : "");
  }).listen(${port}, "127.0.0.1");`;
}

const METRICS = toLocalApi(20_241, "/quicktunnel", { hostname: "blue-cat.trycloudflare.com" });
const AGENT = toLocalApi(4040, "/api/tunnels", {
  tunnels: [{ public_url: "https://a1.ngrok-free.app", config: { addr: "http://localhost:11434" } }],
});

const TAILSCALE = `#!/bin/sh
[ "$*" = "serve status --json" ] || exit 1
cat <<'END'
{"TCP":{"443":{"HTTPS":true}},"Web":{"gpu.tail1.ts.net:443":{"Handlers":{"/":{"Proxy":"http://127.0.0.1:11434"}}}},
"AllowFunnel":{"gpu.tail1.ts.net:443":true}}
END
`;

const FRPC = `serverAddr = "frp.example.com"
[[proxies]]
name = "ollama"
type = "tcp"
localPort = 11434
remotePort = 6000
`;

test("programs that are named and started as tunnels are: stand-ins for what is not here", { skip }, async () => {
  assert.ok(lab);
  const host = await lab.host({ systemd: true });
  try {
    await host.installOllama();
    await host.write("/usr/local/bin/tailscale", TAILSCALE, 0o755);
    await host.write("/etc/frp/frpc.toml", FRPC);
    await standIn(host, "cloudflared", METRICS, [
      "tunnel",
      "--url",
      "http://localhost:11434",
      "--http-host-header",
      "localhost",
    ]);
    await standIn(host, "ngrok", AGENT, ["http", "11434"]);
    await standIn(host, "tailscaled", WAIT, []);
    await standIn(host, "frpc", WAIT, ["-c", "/etc/frp/frpc.toml"]);
    await Promise.all([host.waitForPort(20_241), host.waitForPort(4040)]);
    const { report } = await host.audit();
    assert.deepEqual(tunnelsOf(report), [
      "cloudflared blue-cat.trycloudflare.com:443 -> localhost:11434 open",
      "frpc frp.example.com:6000 -> 127.0.0.1:11434 open",
      "ngrok a1.ngrok-free.app:443 -> localhost:11434 closed",
      "tailscale-funnel gpu.tail1.ts.net:443 -> 127.0.0.1:11434 closed",
    ]);
    assert.equal(report.verdict, "exposed");
  } finally {
    host.close();
  }
});

const WAIT = "setInterval(() => {}, 60_000);";

/** Node.js under another program's name, which runs this and looks at none of the words behind it. */
async function standIn(host: Host, name: string, script: string, words: readonly string[]): Promise<void> {
  const path = `/usr/local/sbin/${name}`;
  await host.run(["cp", NODE_INSIDE, path]);
  await host.spawn([path, "-e", script, "--", ...words]);
}
