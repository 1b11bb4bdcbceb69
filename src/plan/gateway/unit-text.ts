import { HEAD } from "../firewall-unit.ts";
import type { GatewayChoices } from "./gateway-choices.ts";

/** Passwords of a database or of Redis, which stand on no command line: only root reads it. */
const GATEWAY_SECRETS = "/etc/portlock/gateway.env";

/** Ports that only root binds, unless a service is given the right. */
const FIRST_FREE_PORT = 1024;
/** What systemd waits for beyond the time that answers under way are given. */
const STOP_SPARE_SECONDS = 15;
/** One connection of a client is two descriptors, with the one to the model server. */
const MOST_FILES = 65_536;

/** Why a word cannot stand in a unit: it would be read as something else there. */
export function isPlainWord(word: string): boolean {
  return /^[A-Za-z0-9@+=:,._/?&~%[\]-]+$/.test(word);
}

/**
 * The unit of a gateway (systemd.exec(5)). It runs as a user that is there only while it runs, and the folder of its
 * keys lies where no other user gets to. The private key of its certificate is handed to it by systemd, so that the
 * file may stay root's.
 */
export function toGatewayUnit({ gateway }: GatewayChoices): string {
  const { data, evenSo, drainMs, listen } = gateway;
  const isLowPort = listen.port < FIRST_FREE_PORT;
  return [
    HEAD,
    "[Unit]",
    "Description=Portlock gateway: lets in who has a key",
    "After=network-online.target ollama.service",
    "Wants=network-online.target",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    "Type=exec",
    ...(evenSo
      ? []
      : [
          "# As root, who alone can tell: it does not start where others reach the model server without it.",
          "# The service itself cannot look, hence its --even-so.",
          `ExecStartPre=+${toLine(toProgram(gateway, ["gateway", "check", "--upstream", gateway.upstream]))}`,
        ]),
    `ExecStart=${toLine(toProgram(gateway, toRunWords(gateway)))}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    "Restart=on-failure",
    "RestartSec=2",
    "KillMode=mixed",
    `TimeoutStopSec=${Math.ceil(drainMs / 1000) + STOP_SPARE_SECONDS}`,
    `LimitNOFILE=${MOST_FILES}`,
    "# Each request is a line of the access log.",
    "LogRateLimitIntervalSec=0",
    "",
    "DynamicUser=yes",
    "User=portlock-gateway",
    `StateDirectory=${data.name}`,
    "StateDirectoryMode=0700",
    "UMask=0077",
    ...(data.kind === "postgres"
      ? [`Environment=XDG_DATA_HOME=/var/lib/${data.name} PORTLOCK_PEPPER_FILE=/var/lib/${data.name}/pepper`]
      : []),
    `EnvironmentFile=-${GATEWAY_SECRETS}`,
    ...toCredentials(gateway),
    "",
    "NoNewPrivileges=yes",
    isLowPort ? "AmbientCapabilities=CAP_NET_BIND_SERVICE" : "AmbientCapabilities=",
    isLowPort ? "CapabilityBoundingSet=CAP_NET_BIND_SERVICE" : "CapabilityBoundingSet=",
    // A user namespace of its own has no right to a low port of the host.
    ...(isLowPort ? [] : ["PrivateUsers=yes"]),
    ...HARDENING,
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}

const HARDENING: readonly string[] = [
  "ProtectSystem=strict",
  "ProtectHome=yes",
  "PrivateTmp=yes",
  "PrivateDevices=yes",
  "ProtectProc=invisible",
  "ProcSubset=pid",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "ProtectKernelTunables=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelLogs=yes",
  "ProtectControlGroups=yes",
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "RemoveIPC=yes",
  "LockPersonality=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "SystemCallFilter=~@privileged",
  "SystemCallErrorNumber=EPERM",
  "# V8 writes the code that it runs.",
  "MemoryDenyWriteExecute=no",
];

type Gateway = GatewayChoices["gateway"];

function toProgram({ program: { node, main } }: Gateway, args: readonly string[]): readonly string[] {
  return [node, main, ...args];
}

function toRunWords(gateway: Gateway): readonly string[] {
  const { listen, upstream, data, tls, clientCa, origins, parallel, maxWaiting, redis, metrics, drainMs } = gateway;
  const host = listen.address.includes(":") ? `[${listen.address}]` : listen.address;
  return [
    "gateway",
    "run",
    `--listen=${host}:${listen.port}`,
    `--upstream=${upstream}`,
    `--data=${data.kind === "state" ? `/var/lib/${data.name}` : data.url}`,
    ...(tls.kind === "self-signed" ? ["--tls-self-signed"] : []),
    ...(tls.kind === "files" ? [`--tls-cert=${toHanded("tls-cert")}`, `--tls-key=${toHanded("tls-key")}`] : []),
    ...(clientCa === null ? [] : [`--client-ca=${toHanded("client-ca")}`]),
    ...origins.map((origin) => `--origin=${origin}`),
    ...(parallel === null ? [] : [`--parallel=${parallel}`]),
    ...(maxWaiting === null ? [] : [`--max-waiting=${maxWaiting}`]),
    ...(redis === null ? [] : [`--redis=${redis}`]),
    ...(metrics === null ? [] : [`--metrics=${metrics}`]),
    `--drain=${Math.ceil(drainMs / 1000)}s`,
    // What this asks about was looked at when it was installed, and is by the line above, before each start.
    "--even-so",
  ];
}

/** Marks a file that systemd hands over; stands for `$` that is not to be escaped. */
const HANDED = "\0";

function toHanded(id: string): string {
  return `${HANDED}{CREDENTIALS_DIRECTORY}/${id}`;
}

function toCredentials({ tls, clientCa }: Gateway): readonly string[] {
  const files: readonly (readonly [id: string, path: string])[] = [
    ...(tls.kind === "files"
      ? ([
          ["tls-cert", tls.certificate],
          ["tls-key", tls.key],
        ] as const)
      : []),
    ...(clientCa === null ? [] : ([["client-ca", clientCa]] as const)),
  ];
  return files.map(([id, path]) => `LoadCredential=${id}:${path.replaceAll("%", "%%")}`);
}

/** Words that were found plain: only `%` means something else in a unit. */
function toLine(words: readonly string[]): string {
  return words.map((word) => word.replaceAll("%", "%%").replaceAll(HANDED, "$")).join(" ");
}
