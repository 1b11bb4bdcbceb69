import type { Facts } from "../../facts/facts.ts";
import { isLoopback, isWildcard } from "../../judge/addresses.ts";
import type { Judgement } from "../../report/report.ts";
import { type RuleUnit, toUnitPath } from "../firewall-unit.ts";
import type { GatewayRefusal, GatewayRemark, Planned, Plan, Step } from "../plan.ts";
import type { ReadTexts } from "../proxy/layout.ts";
import { toPlan } from "../proxy/make-proxy-plan.ts";
import { toLocalAddress } from "../proxy/describe-site.ts";
import { GATEWAY_UNIT, type GatewayChoices } from "./gateway-choices.ts";
import { isPlainWord, toGatewayUnit } from "./unit-text.ts";

/** All that the plan of a gateway is made from: the same input gives the same steps. */
export interface GatewayPlanInput {
  readonly facts: Facts;
  readonly judgement: Judgement;
  readonly choices: GatewayChoices;
  /** Whether the service runs now. */
  readonly isActive: boolean;
  /** Keys that let in now; null where that was not told. */
  readonly keys: number | null;
  readonly texts: ReadTexts;
}

const WANTS = "/etc/systemd/system/multi-user.target.wants";
const UNIT_PATH = toUnitPath({ name: GATEWAY_UNIT satisfies RuleUnit["name"] });
/** Matches that unit alone; of a pattern that matches nothing systemctl says nothing. */
const UNIT_PATTERN = GATEWAY_UNIT.replace(/e$/, "?");

/** Makes the plan of a gateway that starts with the host. Never throws, whatever the facts say. */
export function makeGatewayPlan(
  input: GatewayPlanInput,
  context: { readonly version: string; readonly madeAt: string },
): Planned {
  const refusal = refuse(input);
  if (refusal !== null) return { kind: "refused", refusal };
  if (!input.texts.has(UNIT_PATH)) return { kind: "needs-files", paths: [UNIT_PATH] };
  const plan: Plan = toPlan(input, toSteps(input), context);
  return { kind: "plan", plan };
}

function refuse({ choices, facts, isActive }: GatewayPlanInput): GatewayRefusal | null {
  const { gateway } = choices;
  const { tls, data, clientCa, redis, metrics, program, upstream, listen } = gateway;
  const words = [
    program.node,
    program.main,
    upstream,
    listen.address,
    ...gateway.origins,
    ...(tls.kind === "files" ? [tls.certificate, tls.key] : []),
    ...(data.kind === "postgres" ? [data.url, data.name] : [data.name]),
    ...[clientCa, redis, metrics].flatMap((each) => each ?? []),
  ];
  const odd = words.find((word) => !isPlainWord(word));
  if (odd !== undefined) return { code: "word-not-plain", text: odd };
  return isActive ? null : refuseHeldPort(facts, listen);
}

function refuseHeldPort(
  { listeners, processes }: Facts,
  listen: GatewayChoices["gateway"]["listen"],
): GatewayRefusal | null {
  const holder = (listeners.ok ? listeners.value : []).find(
    ({ port, address }) =>
      port === listen.port && (address === listen.address || isWildcard(address) || isWildcard(listen.address)),
  );
  if (holder === undefined) return null;
  const process = (processes.ok ? processes.value : []).find(({ pid }) => holder.pids.includes(pid));
  return { code: "gateway-port-held", port: listen.port, by: process?.name ?? "?" };
}

function toSteps(input: GatewayPlanInput): readonly Step[] {
  const { choices, texts, isActive } = input;
  const { listen, tls } = choices.gateway;
  const text = toGatewayUnit(choices);
  const before = texts.get(UNIT_PATH) ?? null;
  if (before === text && isActive) return [];
  const address = toLocalAddress(listen.address);
  return [
    {
      kind: "install-gateway",
      target: GATEWAY_UNIT,
      server: null,
      mends: [],
      folders: [WANTS],
      files: [{ path: UNIT_PATH, edit: { kind: "write", text, mode: 0o644 } }],
      modes: [],
      keeps: [`${WANTS}/${GATEWAY_UNIT}`],
      commands: [
        ["systemctl", "daemon-reload"],
        ["systemctl", "enable", "--", GATEWAY_UNIT],
        ["systemctl", "restart", "--", GATEWAY_UNIT],
      ],
      undo: toUndo(before !== null, isActive),
      expect: [
        { kind: "unit-active", unit: GATEWAY_UNIT, scope: "system", uid: null },
        { kind: "refuses-strangers", address, port: listen.port, tls: tls.kind !== "none", name: null },
      ],
      remarks: toRemarks(input),
    },
  ];
}

/** A unit that was there goes on as its files said before, or stays stopped. */
function toUndo(wasThere: boolean, wasActive: boolean): Step["undo"] {
  return {
    before: wasThere && wasActive ? [] : [["systemctl", "stop", "--", UNIT_PATTERN]],
    after: [
      ["systemctl", "daemon-reload"],
      ...(wasThere && wasActive ? ([["systemctl", "restart", "--", GATEWAY_UNIT]] as const) : []),
    ],
  };
}

function toRemarks({ choices: { gateway }, keys }: GatewayPlanInput): readonly GatewayRemark[] {
  const { listen, tls, data } = gateway;
  return [
    ...(keys === 0 ? [{ code: "no-key-yet" } as const] : []),
    ...(tls.kind === "self-signed" ? [{ code: "makes-own-certificate" } as const] : []),
    ...(tls.kind === "files" ? [{ code: "certificate-at-restart" } as const] : []),
    ...(isLoopback(listen.address) ? [] : [{ code: "firewall-untouched", port: listen.port } as const]),
    { code: "keys-stay-after-undo", folder: `/var/lib/${data.name}` },
  ];
}
