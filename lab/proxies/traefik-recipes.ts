import { BEARER, HTPASSWD, KEY, PASSWORD, type ProxyRecipe } from "./recipe.ts";

/** A file of Traefik's file provider: routers, then what else they name, as YAML without its first indents. */
function file(routers: readonly string[], others: Readonly<Record<string, readonly string[]>>): string {
  const sections = Object.entries({ routers, ...others }).filter(([, lines]) => lines.length > 0);
  return ["http:", ...sections.flatMap(([name, lines]) => [`  ${name}:`, ...lines.map((line) => `    ${line}`)])].join(
    "\n",
  );
}

interface RouterSettings {
  readonly rule?: string;
  readonly service?: string;
  readonly middlewares?: readonly string[];
  readonly priority?: number;
}

function router(port: number, name: string, settings: RouterSettings = {}): string {
  const { rule = "PathPrefix(`/`)", service = `s${port}`, middlewares = [], priority = null } = settings;
  const parts = [`rule: ${JSON.stringify(rule)}`, `entryPoints: [p${port}]`, `service: ${service}`];
  if (middlewares.length > 0) parts.push(`middlewares: [${middlewares.join(", ")}]`);
  if (priority !== null) parts.push(`priority: ${priority}`);
  return `r${port}${name}: { ${parts.join(", ")} }`;
}

function service(port: number, passesHost: boolean = false): string {
  return `s${port}: { loadBalancer: { passHostHeader: ${passesHost}, servers: [{ url: "http://127.0.0.1:11434" }] } }`;
}

/** One router for everything, behind middlewares of its own. */
function site(
  port: number,
  middlewares: Readonly<Record<string, string>> = {},
  rule: string = "PathPrefix(`/`)",
): string {
  const named = Object.keys(middlewares);
  return file([router(port, "", { rule, middlewares: named })], {
    services: [service(port)],
    middlewares: named.map((name) => `${name}: ${middlewares[name]}`),
  });
}

/** Over TLS, with what is asked of the client's certificate; null: nothing. */
function overTls(port: number, clientAuth: string | null, rule: string = "PathPrefix(`/`)"): string {
  const options = clientAuth === null ? "{}" : `{ options: o${port} }`;
  const own = router(port, "", { rule }).replace(/ \}$/, `, tls: ${options} }`);
  const http = file([own], { services: [service(port)] });
  return clientAuth === null
    ? http
    : `${http}\ntls:\n  options:\n    o${port}: { clientAuth: { clientAuthType: ${clientAuth} } }`;
}

const BASIC = `{ basicAuth: { users: [${JSON.stringify(HTPASSWD.trim())}] } }`;
const REMOVED = `{ basicAuth: { users: [${JSON.stringify(HTPASSWD.trim())}], removeHeader: true } }`;
const GUARDED = ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"] as const;

/** For a Traefik that somebody has put on PATH: Debian has none. */
export const TRAEFIK_RECIPES: readonly ProxyRecipe[] = [
  {
    id: "plain",
    what: "a router for every path",
    site: (port) => file([router(port, "")], { services: [service(port, true)] }),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "host-not-passed",
    what: "the same with the server's own name",
    site: (port) => site(port),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "basic",
    what: "basicAuth, which hands the password on",
    site: (port) => site(port, { [`b${port}`]: BASIC }),
    verdict: "guarded",
    findings: GUARDED,
    friend: PASSWORD,
  },
  {
    id: "basic-removed",
    what: "basicAuth with removeHeader",
    site: (port) => site(port, { [`b${port}`]: REMOVED }),
    verdict: "guarded",
    findings: ["every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "chain",
    what: "basicAuth in a chain of middlewares",
    site: (port) =>
      file([router(port, "", { middlewares: [`c${port}`] })], {
        services: [service(port)],
        middlewares: [`b${port}: ${BASIC}`, `c${port}: { chain: { middlewares: [b${port}] } }`],
      }),
    verdict: "guarded",
    findings: GUARDED,
    friend: PASSWORD,
  },
  {
    id: "longer-rule-open",
    what: "a password for everything, and a longer rule without one, which comes first",
    site: (port) =>
      file([router(port, "a", { middlewares: [`b${port}`] }), router(port, "b", { rule: "PathPrefix(`/api`)" })], {
        services: [service(port)],
        middlewares: [`b${port}: ${BASIC}`],
      }),
    verdict: "open",
    findings: [...GUARDED, "proxy-without-auth"],
  },
  {
    id: "priority-guarded",
    what: "the same rule twice, the one with a password first by its priority",
    site: (port) =>
      file([router(port, "a", { middlewares: [`b${port}`], priority: 100 }), router(port, "b", { priority: 1 })], {
        services: [service(port)],
        middlewares: [`b${port}: ${BASIC}`],
      }),
    verdict: "guarded",
    findings: GUARDED,
    friend: PASSWORD,
  },
  {
    id: "priority-open",
    what: "the same rule twice, the one without a password first by its priority",
    site: (port) =>
      file([router(port, "a", { middlewares: [`b${port}`], priority: 1 }), router(port, "b", { priority: 100 })], {
        services: [service(port)],
        middlewares: [`b${port}: ${BASIC}`],
      }),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "key-in-the-rule",
    what: "a key in the rule",
    site: (port) => site(port, {}, `Header(\`Authorization\`, \`Bearer ${KEY}\`)`),
    verdict: "guarded",
    findings: GUARDED,
    friend: BEARER,
  },
  {
    id: "lan-only",
    what: "the LAN only, by ipAllowList",
    site: (port) => site(port, { [`i${port}`]: "{ ipAllowList: { sourceRange: [10.77.0.0/24, 127.0.0.1] } }" }),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "lan-by-header",
    what: "the LAN only, by an address that whoever calls may write himself",
    site: (port) =>
      site(port, { [`i${port}`]: "{ ipAllowList: { sourceRange: [10.77.0.0/24], ipStrategy: { depth: 1 } } }" }),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "lan-rule",
    what: "the LAN only, by the rule",
    site: (port) => site(port, {}, "ClientIP(`10.77.0.0/24`)"),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "strip-prefix",
    what: "below /ollama, which is taken away",
    site: (port) => site(port, { [`p${port}x`]: "{ stripPrefix: { prefixes: [/ollama] } }" }, "PathPrefix(`/ollama`)"),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/ollama/api/version"],
  },
  {
    id: "forward-auth-refuses",
    what: "forwardAuth to a service that refuses",
    site: (port) =>
      site(port, { [`f${port}`]: "{ forwardAuth: { address: 'http://127.0.0.1:11434/no/such/route' } }" }),
    verdict: "unknown",
    findings: [],
  },
  {
    id: "forward-auth-agrees",
    what: "forwardAuth to a service that agrees to everything",
    site: (port) => site(port, { [`f${port}`]: "{ forwardAuth: { address: 'http://127.0.0.1:11434/api/version' } }" }),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "get-alone",
    what: "a router for whoever reads, and one with a password for the rest",
    site: (port) =>
      file(
        [router(port, "a", { rule: "Method(`GET`)", priority: 50 }), router(port, "b", { middlewares: [`b${port}`] })],
        {
          services: [service(port)],
          middlewares: [`b${port}: ${BASIC}`],
        },
      ),
    verdict: "open",
    findings: [...GUARDED, "proxy-without-auth"],
  },
  {
    id: "no-such-middleware",
    what: "a middleware that nobody has written, so that Traefik drops the router",
    site: (port) => file([router(port, "", { middlewares: [`n${port}`] })], { services: [service(port)] }),
    verdict: "unknown",
    findings: [],
  },
  {
    id: "named",
    what: "one name alone, which Ollama refuses",
    site: (port) => file([router(port, "", { rule: "Host(`ai.example.com`)" })], { services: [service(port, true)] }),
    verdict: "closed",
    findings: ["proxy-refused-by-host-check"],
    names: ["ai.example.com"],
  },
  {
    id: "either",
    what: "one name, or any name below /api: told once for each",
    site: (port) => site(port, {}, "Host(`ai.example.com`) || PathPrefix(`/api`)"),
    verdict: "open",
    findings: ["proxy-without-auth", "proxy-without-auth"],
    names: ["ai.example.com"],
  },
  {
    id: "limits-only",
    what: "limits of requests, and nothing else",
    site: (port) => site(port, { [`l${port}`]: "{ rateLimit: { average: 1000, burst: 1000 } }" }),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "pattern",
    what: "a pattern of paths",
    site: (port) => site(port, {}, "PathRegexp(`^/api/(version|tags)`)"),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/api/version"],
  },
  {
    id: "user-agent",
    what: "nobody but one program, by the name that it gives itself",
    site: (port) => site(port, {}, "HeaderRegexp(`User-Agent`, `^ada-client`)"),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-A", "ada-client/1.0"],
  },
  {
    id: "bytes",
    what: "every connection handed on, by a router of TCP",
    site: (port) =>
      `tcp:\n  routers:\n    t${port}: { rule: "HostSNI(\`*\`)", entryPoints: [p${port}], service: t${port} }\n  services:\n    t${port}: { loadBalancer: { servers: [{ address: "127.0.0.1:11434" }] } }`,
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "to-https",
    what: "a redirection to https, and nothing behind it",
    site: (port) => site(port, { [`h${port}`]: "{ redirectScheme: { scheme: https, permanent: true } }" }),
    verdict: "closed",
    findings: [],
  },
  {
    id: "tls",
    what: "TLS with the certificate that Traefik makes, and nothing else",
    site: (port) => overTls(port, null),
    verdict: "open",
    findings: ["proxy-without-auth"],
    tls: true,
  },
  {
    id: "certificate-requested",
    what: "a client certificate that is asked for and not looked at",
    site: (port) => overTls(port, "RequestClientCert"),
    verdict: "open",
    findings: ["proxy-without-auth"],
    tls: true,
  },
  {
    id: "certificate-unasked",
    what: "a client certificate, in options that a rule without a name does not get",
    site: (port) => overTls(port, "RequireAnyClientCert"),
    verdict: "open",
    findings: ["proxy-without-auth"],
    tls: true,
  },
  {
    id: "certificate-of-anybody",
    what: "a client certificate, of whoever has made himself one",
    site: (port) => overTls(port, "RequireAnyClientCert", "Host(`ai.example.com`)"),
    verdict: "unknown",
    findings: [],
    names: ["ai.example.com"],
    tls: true,
  },
];
