import { toPrintable } from "../../report/printable.ts";
import { EN } from "../../report/words/en.ts";
import { listOpenRoutes } from "./open-routes.ts";
import type { GatewayWords } from "./gateway-words.ts";

/** What `portlock gateway` can say in English, ASCII only. */
export const GATEWAY_EN: GatewayWords = {
  about: {
    brief: "Let in who has a key, and nobody else",
    description:
      "Listens in front of a model server and passes on only what a key may do. Keys are made with `portlock keys`. " +
      "Without --upstream it takes the Ollama of this host. It listens on loopback unless told otherwise, and refuses " +
      "to start where it would protect nothing. The access log goes to standard output. SIGTERM lets what is under way " +
      "end; SIGHUP opens the log anew and reads the certificate again.",
    examples: [
      ["", "http://127.0.0.1:11435 in front of the Ollama of this host"],
      ["--listen 0.0.0.0:11435 --tls-self-signed", "for the network, encrypted, with a certificate of its own"],
      [
        "--listen [::]:443 --tls-cert chain.pem --tls-key key.pem --upstream http://127.0.0.1:11434",
        "with a certificate you have; a renewed one is used without a restart",
      ],
      ["--metrics 127.0.0.1:9464 --log /var/log/portlock/access.log", "with numbers for Prometheus and a log file"],
    ],
  },
  install: {
    brief: "Run the gateway as a service that starts with the host",
    description:
      "Shows the unit of a service that may do little else, asks, starts it, and asks it without a key, which it has to " +
      "refuse. The keys stay where `portlock keys` of root keeps them. `portlock undo` takes the service away and leaves " +
      "the keys. Passwords for PostgreSQL or Redis go in /etc/portlock/gateway.env (PGPASSWORD, PORTLOCK_REDIS_URL), " +
      "which only root may read. Needs root, but for --dry-run and --print.",
    examples: [
      ["--dry-run", "only show what would be done"],
      ["--listen 0.0.0.0:11435 --tls-self-signed", "for the network, with a certificate of its own"],
      [
        "--listen [::]:443 --tls-cert /etc/ssl/chain.pem --tls-key /etc/ssl/private/key.pem",
        "with a certificate you have; the key may stay root's",
      ],
      ["--print", "the unit alone"],
    ],
  },
  check: {
    brief: "Tell whether others reach the model server without the gateway",
    description:
      "Audits this host and ends with exit code 2 where the model server is open to others, or where that cannot be told. " +
      "The service runs it before each start.",
    examples: [["--upstream http://127.0.0.1:11434", "the server that the gateway stands before"]],
  },
  flags: {
    listen: "Where to listen; 127.0.0.1:11435 unless given",
    upstream: "The model server: http://127.0.0.1:11434 or unix:/path; the Ollama of this host unless given",
    tlsCert: "Certificate, PEM, with the chain behind it; read again when the file changes",
    tlsKey: "Its private key, PEM",
    tlsSelfSigned: "Make a certificate (needs the openssl command) and keep it in the data folder",
    clientCa: "Only let in clients with a certificate of these authorities, PEM",
    origin: "Origin whose web pages may use the gateway; may be given several times",
    parallel: "Requests the model server works on at once, as OLLAMA_NUM_PARALLEL; 4 unless given",
    maxWaiting: "Requests that may wait for their turn; 512 unless given",
    redis:
      "Redis or Valkey in which several gateways share their limits; a URL with a password goes in PORTLOCK_REDIS_URL",
    metrics: "Where Prometheus may ask for numbers; nowhere unless given",
    log: "File for the access log; standard output unless given",
    drain: "How long requests under way may take to end after SIGTERM; 15m unless given",
    evenSo: "Start although it would not be safe: without TLS, or where others reach the model server directly",
    print: "Only print the unit",
    json: "Print one JSON document",
  },
  placeholders: {
    listen: "HOST:PORT",
    upstream: "URL",
    origin: "https://chat.example.com",
    redis: "URL",
    drain: "15m",
  },
  usage: {
    badListen: "write HOST:PORT, [IPv6]:PORT or a port",
    badUpstream: "write http://HOST:PORT, https://HOST:PORT or unix:/path, without a path, a query or a password",
    badOrigin: "write scheme and host as browsers do, such as https://chat.example.com; there is no *",
  },
  troubles: {
    "flag-missing": ({ flag, needs }) => ({
      sentence: `${flag} is of no use without ${needs}.`,
      hint: `Give ${needs} too.`,
    }),
    "redis-password": () => ({
      sentence: "a password on the command line can be read by everybody on this host.",
      hint: "Put the URL in the variable PORTLOCK_REDIS_URL instead.",
    }),
    "upstream-not-found": ({ urls }) =>
      urls.length === 0
        ? {
            sentence: "no Ollama was found on this host.",
            hint: "Start it, or say where the model server is: --upstream http://HOST:PORT",
          }
        : {
            sentence: `there are several Ollamas on this host: ${urls.join(", ")}.`,
            hint: `Say which one: --upstream ${urls[0] ?? ""}`,
          },
    "upstream-exposed": ({ server }, own) => ({
      sentence: `others reach the model server directly and need no key: ${listOpenRoutes(server, EN).map(show).join("; ")}.`,
      hint: `Close it first: \`${own("harden")}\`. To start all the same: --even-so`,
    }),
    "upstream-unknown": ({ server }, own) => ({
      sentence: `it cannot be told whether others reach the model server (${server.id}) directly.`,
      hint: `\`${own("audit")}\`, as root, says what is missing. To start all the same: --even-so`,
    }),
    "upstream-listens-wide": ({ socket }) => ({
      sentence: `what listens at ${show(socket)} can be reached from outside without the gateway.`,
      hint: "Let it listen on 127.0.0.1. To start all the same: --even-so",
    }),
    "program-unfit": ({ path, why }) => ({
      sentence:
        why === "writable"
          ? `others than root can change ${show(path)}, and so what the service would run.`
          : why === "hidden"
            ? `a service does not see ${show(path)}: homes and temporary folders are hidden from it.`
            : `the service could not read ${show(path)}.`,
      hint: "Install Node.js and Portlock for everybody, as root: npm install --global portlock (or below /opt), and run that one.",
    }),
    "data-not-of-service": ({ place }) => ({
      sentence: `the service cannot keep its keys in ${show(place)}.`,
      hint: "Leave out --data, give a folder right below /var/lib, or run it as root.",
    }),
    "pepper-elsewhere": ({ file, own }) => ({
      sentence: `the service cannot read ${show(file)}.`,
      hint: `Copy it to ${show(own)} (mode 0600), and unset PORTLOCK_PEPPER_FILE.`,
    }),
    "path-not-absolute": ({ path }) => ({
      sentence: `a service has no folder in which ${show(path)} could be.`,
      hint: "Give the whole path, beginning with /.",
    }),
  },
  startTroubles: {
    "beyond-loopback-without-tls": ({ listen }) => ({
      sentence: `at ${show(listen)} keys would go over the network in the clear.`,
      hint: "Add --tls-self-signed, or --tls-cert and --tls-key. Behind a proxy that encrypts: --even-so",
    }),
    "beyond-loopback-without-keys": ({ listen }) => ({
      sentence: `at ${show(listen)} there would be a gateway without any key.`,
      hint: "Make one: portlock keys create NAME",
    }),
    "metrics-beyond-loopback": ({ listen }) => ({
      sentence: `at ${show(listen)} everybody could read the numbers of --metrics: they ask for no key.`,
      hint: "Give an address such as 127.0.0.1:9464. To start all the same: --even-so",
    }),
    "upstream-is-gateway": ({ upstream }) => ({
      sentence: `${show(upstream)} is where the gateway itself would listen.`,
      hint: "Give the address of the model server with --upstream, or another one with --listen.",
    }),
    "bad-redis": () => ({
      sentence: "the URL of Redis is not understood.",
      hint: "Write redis://HOST:PORT, rediss://HOST:PORT or unix:/path.",
    }),
    "redis-gone": () => ({
      sentence: "Redis is not there, or does not take what is to be shared.",
      hint: "Start it, or leave out --redis where this is the only gateway.",
    }),
    "address-in-use": ({ listen }) => ({
      sentence: `somebody listens at ${show(listen)} already.`,
      hint: "See who: ss -ltnp. Give another place with --listen.",
    }),
    "listen-denied": ({ listen, detail }) => ({
      sentence: `it is not possible to listen at ${show(listen)} (${show(detail)}).`,
      hint: "The address has to be one of this host; ports below 1024 need root or the service.",
    }),
    "tls-incomplete": () => ({
      sentence: "--client-ca is of no use without TLS.",
      hint: "Add --tls-cert and --tls-key, or --tls-self-signed.",
    }),
    "tls-pair-broken": ({ file, detail }) => ({
      sentence: `${show(file)} and its key are no pair that can be used (${show(detail)}).`,
      hint: "Look at both: openssl x509 -in CERT -noout -text; openssl pkey -in KEY -noout -check",
    }),
    "tls-key-readable": ({ file }) => ({
      sentence: `everybody on this host can read the private key ${show(file)}.`,
      hint: `chmod 600 ${show(file)}, and better make a new key: this one may be known.`,
    }),
    "tls-self-signed-failed": ({ detail }) => ({
      sentence: `no certificate could be made (${show(detail)}).`,
      hint: "Install openssl, or give --tls-cert and --tls-key.",
    }),
    "client-ca-broken": ({ file, detail }) => ({
      sentence: `${show(file)} holds no certificate of an authority (${show(detail)}).`,
      hint: "Give the PEM file of the authority that signs the certificates of your clients.",
    }),
    "file-unreadable": ({ file, detail }) => ({
      sentence: `${show(file)} could not be read (${show(detail)}).`,
      hint: "Check the path and its rights.",
    }),
    "log-unwritable": ({ file, detail }) => ({
      sentence: `the access log ${show(file)} cannot be written (${show(detail)}).`,
      hint: "Check the folder and its rights; a link is not followed.",
    }),
  },
  started: ({ url, upstream, keys, fingerprint, metricsUrl }) => [
    `${show(url)} lets ${keys === 1 ? "one key" : `${keys} keys`} in to ${show(upstream)}.`,
    ...(keys === 0 ? ["There is no key yet. Make one: portlock keys create NAME"] : []),
    ...(fingerprint === null ? [] : [`SHA-256 of its certificate: ${fingerprint}`]),
    ...(metricsUrl === null ? [] : [`Numbers for Prometheus: ${show(metricsUrl)}`]),
  ],
  installed: (url) => `The gateway runs at ${show(url)}: without a key it answered 401. Its keys: portlock keys list`,
  seeJournal: "What the service said: journalctl -u portlock-gateway",
  nobodyElse:
    "From other hosts and from containers nobody reaches the model server without the gateway. Other users of this host were not looked at.",
  draining: (seconds) => `Ending: what is under way has ${seconds} s. A second signal ends it at once.`,
  ended: "Ended.",
  trouble: (what) => `trouble: ${what}`,
};

function show(text: string): string {
  return toPrintable(text, 300);
}
