import type { Process } from "../../facts/processes.ts";
import type { ChangeCommand } from "../../host/change-command.ts";
import { toLoopbackPlace, toLoopbackValue } from "../../judge/loopback-value.ts";
import { isPlainPath, isPlainValue } from "../../judge/plain-names.ts";
import { toServerProcess } from "../../judge/server-facts.ts";
import type { Server } from "../../judge/server.ts";
import { countLoadedModels } from "../loaded-models.ts";
import type { PlanInput, PlannedSteps } from "../plan-input.ts";
import { leave, toSteps } from "../planned-steps.ts";

const LISTEN_ADDRESS = "OLLAMA_HOST";

/** How a server was started, as far as it can be started the same way again. */
interface Start {
  readonly pid: number;
  readonly uid: number;
  readonly program: string;
  /** What it has in its environment, by name; among them its home, without which it may find no model, or not start. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * A server that somebody started by hand. Its terminal, its shell and what else is in its environment cannot be
 * handed on, so that it is left with the command for its terminal, unless it may be restarted: it then goes on as a
 * service of its own until the next reboot, as the same user and with the settings that are known.
 */
export function planProcess(input: PlanInput, server: Server): PlannedSteps {
  const process = toServerProcess(input, server);
  const command = toTerminalCommand(server, process);
  if (command === null) return leave(server, { code: "no-safe-change" }, "open-bind");
  const start = input.choices.restartProcess ? toStart(input, process) : null;
  if (start === null) return leave(server, { code: "started-by-hand", command }, "open-bind");
  const place = toLoopbackPlace(server);
  const unit = `portlock-server-${start.pid}.service`;
  const loadedModels = countLoadedModels(input, server);
  return toSteps({
    steps: [
      {
        kind: "restart-process",
        target: server.id,
        server: server.id,
        mends: ["open-bind"],
        folders: [],
        files: [],
        modes: [],
        commands: [["kill", "-s", "TERM", "--", `${start.pid}`], toStartCommand(start, toLoopbackValue(server))],
        undo: {
          before: [["systemctl", "stop", "--", unit]],
          after: [toStartCommand(start, start.settings[LISTEN_ADDRESS] ?? null)],
        },
        expect: [
          { kind: "unit-active", unit, scope: "system", uid: null },
          { kind: "listens-on-loopback-only", port: place.port },
          { kind: "answers", ...place },
        ],
        remarks: [{ code: "lasts-until-reboot" }, { code: "run-in-its-terminal", command }],
      },
    ],
    interruptions: [{ server: server.id, loadedModels, because: "restart" }],
  });
}

/** What to type in its terminal; null where the command line is not known in full, for values of options are dropped. */
function toTerminalCommand(server: Server, process: Process | null): readonly string[] | null {
  if (server.kind !== "ollama" || process === null) return null;
  const [program = "", verb, ...rest] = process.arguments;
  const isNamed = program === "ollama" || isPlainPath(program);
  if (!isNamed || verb !== "serve" || rest.length > 0) return null;
  return ["env", `${LISTEN_ADDRESS}=${toLoopbackValue(server)}`, program, verb];
}

/** Null where something about it is not known, or could not be said again: a credential in a value was masked. */
function toStart({ facts }: PlanInput, process: Process | null): Start | null {
  if (process === null || process.uid === null || process.executable === null || !facts.units.ok) return null;
  if (!process.environment.ok || !facts.identity.ok || process.namespace !== facts.identity.value.namespace)
    return null;
  const settings = process.environment.value;
  const isKnown = Object.values(settings).every((value) => isPlainValue(value) && !value.includes("xxxxx"));
  if (!isPlainPath(process.executable) || !isKnown) return null;
  return { pid: process.pid, uid: process.uid, program: process.executable, settings };
}

/** `host` null: with none. */
function toStartCommand({ pid, uid, program, settings }: Start, host: string | null): ChangeCommand {
  const { [LISTEN_ADDRESS]: _before, ...others } = settings;
  const environment = { ...(host === null ? {} : { [LISTEN_ADDRESS]: host }), ...others };
  return [
    "systemd-run",
    "--collect",
    "--quiet",
    `--unit=portlock-server-${pid}`,
    `--uid=${uid}`,
    "--property=Restart=on-failure",
    "--property=RestartSec=3",
    ...Object.entries(environment).map(([name, value]): `--setenv=${string}=${string}` => `--setenv=${name}=${value}`),
    "--",
    program,
    "serve",
  ];
}
