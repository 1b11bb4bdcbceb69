import type { Host } from "../host.ts";
import { HTPASSWD } from "../proxies/recipe.ts";
import type { Configuration } from "./configuration.ts";

const SITE = "/etc/nginx/sites-enabled/default";

/** Ollama on loopback behind an nginx whose one site this is. */
async function behindNginx(host: Host, site: string, mode = 0o644): Promise<void> {
  await host.installOllama();
  await host.run(["rm", SITE]);
  await host.write(SITE, site, mode);
  await host.write("/etc/nginx/portlock.htpasswd", HTPASSWD);
  await host.systemd("start", "nginx");
  await host.waitForPort(80);
}

const PASS = `location / {
    proxy_pass http://localhost:11434;
    proxy_set_header Host localhost:11434;
  }`;

/** A server on loopback, and a proxy in front of it; the recipes of lab/proxies.test.ts have the rest. */
export const PROXIES: readonly Configuration[] = [
  {
    id: "proxy-open",
    what: "on loopback, and the proxy of Ollama's FAQ in front of it",
    host: { systemd: true },
    needs: ["proxies"],
    set: (host) => behindNginx(host, `server {\n  listen 80;\n  server_name ai.example.com;\n  ${PASS}\n}\n`),
    verdict: "exposed",
    findings: ["proxy-without-auth", "proxy-breaks-streaming"],
  },
  {
    id: "proxy-with-password",
    what: "on loopback, and a proxy in front of it that asks for a password, as the blog has it",
    host: { systemd: true },
    needs: ["proxies"],
    set: (host) =>
      behindNginx(
        host,
        `server {\n  listen 80;\n  auth_basic "Restricted";\n  auth_basic_user_file portlock.htpasswd;\n  ${PASS}\n}\n`,
      ),
    verdict: "guarded",
    findings: [
      "proxy-auth-without-tls",
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-breaks-streaming",
    ],
  },
  {
    id: "proxy-nobody-may-read",
    what: "on loopback, and a proxy whose site only root may read; the audit runs without root",
    host: { systemd: true },
    needs: ["proxies"],
    as: "nobody",
    set: (host) => behindNginx(host, `server {\n  listen 80;\n  return 404;\n}\n`, 0o600),
    verdict: "unknown",
    findings: [],
    unknownBecause: ["firewall-unread", "unit-unread", "sysctl-unread", "not-judged-yet"],
  },
];
