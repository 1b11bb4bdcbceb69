import type { Host } from "../host.ts";
import { type Configuration, listenOn } from "./configuration.ts";

/** Starts a service whose server ends at once, and goes on when systemd has seen it end. */
async function installFailing(host: Host, value: string): Promise<void> {
  await host.installOllama({ override: [listenOn(value)], start: false });
  await host.systemd("start", "ollama");
  for (let tries = 0; tries < 100; tries += 1) {
    const { stdout } = await host.run(["systemctl", "show", "--property=NRestarts,SubState", "ollama"]);
    if (stdout.includes("SubState=auto-restart")) return;
  }
  throw new Error("lab: the server was meant to fail, and runs");
}

/** Rows of the OLLAMA_HOST table, each in an override.conf as `systemctl edit ollama` writes it. */
export const LISTEN_ADDRESSES: readonly Configuration[] = [
  {
    id: "fresh-install",
    what: "installed and left alone",
    host: { systemd: true },
    set: (host) => host.installOllama(),
    verdict: "local",
    findings: [],
  },
  {
    id: "all-addresses",
    what: "OLLAMA_HOST=0.0.0.0, as every tutorial says, and a model is loaded",
    host: { systemd: true, secondLan: true },
    set: (host) => host.installOllama({ override: [listenOn("0.0.0.0"), "Environment=STAND_IN_RUNNER=1"] }),
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "port-only",
    what: "OLLAMA_HOST=:8080, meaning only the port",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn(":8080")], port: 8080 }),
    verdict: "exposed",
    findings: ["open-bind", "misleading-listen-address"],
  },
  {
    id: "bare-number",
    what: "OLLAMA_HOST=8080, meaning only the port: it never starts",
    host: { systemd: true },
    set: (host) => installFailing(host, "8080"),
    verdict: "none",
    findings: ["misleading-listen-address"],
  },
  {
    id: "loopback-ipv4",
    what: "OLLAMA_HOST=127.0.0.1:11434",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn("127.0.0.1:11434")] }),
    verdict: "local",
    findings: [],
  },
  {
    id: "loopback-ipv6",
    what: "OLLAMA_HOST=[::1]",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn("[::1]")] }),
    verdict: "local",
    findings: [],
  },
  {
    id: "localhost-name",
    what: "OLLAMA_HOST=localhost: which address that is, the resolver decides",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn("localhost")] }),
    verdict: "local",
    findings: [],
  },
  {
    id: "ipv6-wildcard",
    what: "OLLAMA_HOST=[::]:11434, seen as tcp6 only by netstat",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn("[::]:11434")] }),
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "quoted-value",
    what: "quotes inside the value",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [`Environment=OLLAMA_HOST='\\"0.0.0.0:8080\\"'`], port: 8080 }),
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "url-with-port",
    what: "OLLAMA_HOST=http://0.0.0.0:11434/",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn("http://0.0.0.0:11434/")] }),
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "url-without-port",
    what: "OLLAMA_HOST=http://127.0.0.1: that is port 80, which the service may not open",
    host: { systemd: true },
    set: (host) => installFailing(host, "http://127.0.0.1"),
    verdict: "none",
    findings: ["misleading-listen-address"],
  },
  {
    id: "bad-port",
    what: "OLLAMA_HOST=0.0.0.0:abc: the default port, and still everybody",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn("0.0.0.0:abc")] }),
    verdict: "exposed",
    findings: ["open-bind", "misleading-listen-address"],
  },
  {
    id: "comment-in-value",
    what: "a note inside the quotes, after the port",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn("127.0.0.1:11434 # only me")] }),
    verdict: "local",
    findings: ["misleading-listen-address"],
  },
  {
    id: "lan-address-two-lans",
    what: "bound to the address of one LAN, on a host with two",
    host: { systemd: true, secondLan: true },
    set: (host) => host.installOllama({ override: [listenOn(host.addresses.eth0.ipv4)] }),
    verdict: "exposed",
    findings: ["open-bind", "reached-from-other-interface"],
  },
  {
    id: "ipv6-address",
    what: "bound to one global IPv6 address",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn(`[${host.addresses.eth0.ipv6}]:11434`)] }),
    verdict: "exposed",
    findings: ["open-bind"],
  },
];
