import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { findPort, startServer, type Server } from "./processes.ts";

/** What the peers of a bench let in. */
export interface Secret {
  readonly bearer: string;
  readonly user: string;
  readonly password: string;
}

export function toBearer({ bearer }: Secret): string {
  return `Bearer ${bearer}`;
}

export function toBasic({ user, password }: Secret): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/**
 * nginx with one worker, that lets in by a map of bearer tokens; or by basic authentication with bcrypt of a cost, where
 * one is given. Each has a process of its own: who waits for a bcrypt of cost 10 holds up everybody.
 */
export async function startNginx(
  folder: string,
  upstream: number,
  secret: Secret,
  cost: number | null = null,
): Promise<Server> {
  const port = await findPort();
  const home = join(folder, `nginx-${cost ?? "bearer"}`);
  const proxy = `
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Host localhost:11434;
      proxy_set_header Connection "";
      proxy_set_header Authorization "";
      proxy_buffering off;
      proxy_read_timeout 600s;`;
  mkdirSync(home);
  let check = "if ($is_let_in = 0) { return 401; }";
  if (cost !== null) {
    const hash = hashSync(secret.password, cost).replace(/^\$2[ab]/u, "$2y");
    writeFileSync(join(home, "htpasswd"), `${secret.user}:${hash}\n`);
    check = `auth_basic portlock; auth_basic_user_file ${join(home, "htpasswd")};`;
  }
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(home, kind)};`)
    .join(" ");
  const file = join(home, "nginx.conf");
  writeFileSync(
    file,
    // The folder is for whoever runs this alone.
    `${process.getuid?.() === 0 ? "user root; " : ""}worker_processes 1; daemon off; pid ${join(home, "nginx.pid")}; error_log ${join(home, "nginx.log")};
worker_rlimit_nofile 20000;
events { worker_connections 16000; }
http { access_log off; ${temporary} keepalive_timeout 75s; keepalive_requests 1000000;
  map $http_authorization $is_let_in { default 0; "~^Bearer ${secret.bearer}$" 1; }
  upstream model { server 127.0.0.1:${upstream}; keepalive 512; }
  server { listen 127.0.0.1:${port} backlog=8192; ${check} location / { ${proxy} } }
}
`,
  );
  const name = cost === null ? "nginx" : `nginx, basic with bcrypt ${cost}`;
  return startServer(name, port, ["nginx", "-c", file]);
}

/** HAProxy with one thread. */
export async function startHaproxy(folder: string, upstream: number, secret: Secret): Promise<Server> {
  const port = await findPort();
  const file = join(folder, "haproxy.cfg");
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 9000
defaults
  mode http
  option http-no-delay
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-request 10s
frontend front
  bind 127.0.0.1:${port} backlog 8192
  http-request deny deny_status 401 unless { req.hdr(authorization) -m str "Bearer ${secret.bearer}" }
  http-request del-header authorization
  http-request set-header host localhost:11434
  default_backend model
backend model
  server model 127.0.0.1:${upstream}
`,
  );
  return startServer("HAProxy", port, ["haproxy", "-db", "-f", file]);
}

/** Caddy with one processor. */
export async function startCaddy(folder: string, upstream: number, secret: Secret): Promise<Server> {
  const port = await findPort();
  const file = join(folder, "Caddyfile");
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  @stranger not header Authorization "Bearer ${secret.bearer}"
  respond @stranger 401
  reverse_proxy 127.0.0.1:${upstream} {
    header_up Host localhost:11434
    header_up -Authorization
  }
}
`,
  );
  const env = { GOMAXPROCS: "1", XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder };
  return startServer("Caddy", port, ["caddy", "run", "--adapter", "caddyfile", "--config", file], env);
}

/** What Node.js itself takes: answering alone; bytes from socket to socket; the least of a proxy. */
export async function startBare(upstream: number): Promise<readonly Server[]> {
  const kinds = [
    ["Node.js, answering by itself", "answer"],
    ["Node.js, sockets alone", "bytes"],
    ["Node.js, node:http and undici alone", "undici"],
  ] as const;
  const file = join(import.meta.dirname, "bare.ts");
  const servers: Server[] = [];
  for (const [name, kind] of kinds) {
    const port = await findPort();
    servers.push(await startServer(name, port, [process.execPath, file, kind, String(port), String(upstream)]));
  }
  return servers;
}
