import { OLLA_ENDPOINTS, OPENAI_MODELS, ROOT, API_VERSION, VERSION } from "../../servers/questions.ts";
import {
  LITELLM,
  LITELLM_PASSING_THROUGH,
  LITELLM_WITH_KEY,
  LITELLM_WITHOUT_DOCS,
  LITELLM_WITHOUT_PRISMA,
  toOpenWebUiAnswers,
} from "../../servers/relay-answers.fixture.ts";
import type { ServerKindId } from "../../servers/server-kind.ts";
import { aHost, read, type AHost, type Replies } from "./a-host.ts";

export type RelayName =
  | "portkey"
  | "litellm"
  | "litellm with a master key"
  | "litellm without docs"
  | "litellm without prisma"
  | "litellm that passes a path through"
  | "open-webui"
  | "open-webui with accounts"
  | "open-webui without an account yet"
  | "open-webui with sign-up"
  | "open-webui with a trusted header"
  | "olla"
  | "llama-swap";

/** What each relay answers to a stranger. */
export const RELAY_REPLIES: Readonly<Record<RelayName, Replies>> = {
  /** Recorded from `@portkey-ai/gateway` 1.15.2. */
  portkey: {
    [ROOT.id]: [200, "AI Gateway says hey!"],
    [API_VERSION.id]: [404, '{"message":"Not Found","ok":false}'],
    [OPENAI_MODELS.id]: [
      400,
      '{"status":"failure","message":"Either x-portkey-config or x-portkey-provider header is required"}',
    ],
  },
  litellm: LITELLM,
  "litellm with a master key": LITELLM_WITH_KEY,
  "litellm without docs": LITELLM_WITHOUT_DOCS,
  "litellm without prisma": LITELLM_WITHOUT_PRISMA,
  "litellm that passes a path through": LITELLM_PASSING_THROUGH,
  "open-webui": toOpenWebUiAnswers({ auth: false }),
  "open-webui with accounts": toOpenWebUiAnswers({}),
  "open-webui without an account yet": toOpenWebUiAnswers({ onboarding: true, enable_signup: true }),
  "open-webui with sign-up": toOpenWebUiAnswers({ enable_signup: true }),
  "open-webui with a trusted header": toOpenWebUiAnswers({ auth_trusted_header: true }),
  /** As Olla's handler_version.go and handler_status_endpoints.go have it. */
  olla: {
    [VERSION.id]: [
      200,
      '{"name":"olla","version":"v0.0.29","edition":"Community","capabilities":[],"supported_backends":[]}',
    ],
    [OLLA_ENDPOINTS.id]: [200, '{"endpoints":[{"name":"local-ollama","url":"http://localhost:11434"}]}'],
  },
  "llama-swap": {
    [API_VERSION.id]: [200, '{"version":"v165","commit":"a","build_date":"b"}'],
    [OPENAI_MODELS.id]: [200, "{}"],
  },
};

interface RelayOptions {
  readonly address?: string;
  readonly port?: number;
  readonly pid?: number;
  /** Null: what root alone may read. */
  readonly environment?: Readonly<Record<string, string>> | null;
}

/** Adds a process that answers as one of these, on every address and its maker's port unless told otherwise. */
export function withRelay(host: AHost, answers: RelayName, options: RelayOptions = {}): AHost {
  const kind = answers.split(" ", 1)[0] ?? answers;
  const { address = "0.0.0.0", pid = 700, environment = {} } = options;
  const port = options.port ?? PORTS[kind] ?? 8080;
  const from = `/proc/${pid}/environ`;
  return host
    .process(pid, {
      name: kind,
      executable: `/opt/${kind}`,
      arguments: [kind],
      cgroup: { kind: "session", uid: 1000 },
      environment: environment === null ? { ok: false, why: "denied", from } : read(environment, from),
    })
    .listens(address, port, { pids: [pid] })
    .answers("127.0.0.1", port, RELAY_REPLIES[answers]);
}

const PORTS: Readonly<Partial<Record<string, number>>> = {
  portkey: 8787,
  litellm: 4000,
  olla: 40_114,
} satisfies Partial<Record<ServerKindId, number>>;

/** A host with an Ollama on loopback and one relay on every address; IPv4 only. */
export function aRelayedHost(answers: RelayName, options: RelayOptions = {}): AHost {
  return withRelay(aHost().link("eth0", ["192.168.1.10/24"]).ollama("127.0.0.1"), answers, options);
}
