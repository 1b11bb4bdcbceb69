import type { ChangeCommand } from "../../host/change-command.ts";
import type { LeaveReason, Step } from "../plan.ts";
import type { PlannedSteps } from "../plan-input.ts";
import { leave, toSteps } from "../planned-steps.ts";
import { toPolicyText } from "./docker-host-options.ts";
import { translateDocker } from "./docker-options.ts";
import type { NewContainer } from "./new-container.ts";
import type { Option } from "./option.ts";
import { translatePodman } from "./podman-options.ts";
import { KEEP_SETTINGS_SCRIPT, PUT_BACK_SCRIPT } from "./scripts.ts";
import { toEngineWords, toExpectations, toMends, type ContainerSite } from "./site.ts";

/**
 * A container that only a command line made: left with the command that would make it anew, or made anew. The old one
 * is put aside under another name, stopped, with all that is in it.
 */
export function planRecreate(site: ContainerSite): PlannedSteps {
  const { container, servers, input } = site;
  const [server] = servers;
  const rule = toMends(site)[0] ?? null;
  const isNamed = /^[A-Za-z0-9][\w.-]*$/.test(container.name) && /^[0-9a-f]{64}$/.test(container.id);
  if (!isNamed) return leave(server, { code: "no-safe-change" }, rule);
  const translated = container.engine === "docker" ? translateDocker(site) : translatePodman(site);
  if (!translated.ok) return leave(server, { code: "settings-not-understood", settings: translated.settings }, rule);
  if (!input.choices.recreate) return leave(server, toCommand(site, translated.made), rule);
  return toSteps({ steps: [toStep(site, translated.made)], interruptions: site.interruptions });
}

/** The command that somebody would type, where the values of its variables are not known. */
function toCommand({ container }: ContainerSite, made: NewContainer): LeaveReason {
  const { engine, name } = container;
  const files = toFileOptions(made, `${name}.env`, `${name}.labels`);
  const command = [engine, "run", "--detach", `--name=${name}`, ...made.options, ...files, made.image, ...made.words];
  return { code: "needs-recreate", command, environment: [...made.environment, ...made.labels] };
}

function toFileOptions({ environment, labels }: NewContainer, variables: string, named: string): readonly Option[] {
  return [
    ...(environment.length > 0 ? [`--env-file=${variables}` as const] : []),
    ...(labels.length > 0 ? [`--label-file=${named}` as const] : []),
  ];
}

function toStep(site: ContainerSite, made: NewContainer): Step {
  const { container, inspected, servers } = site;
  const { id, name } = container;
  const engine = toEngineWords(container);
  const aside = `${name}-portlock-before`;
  // In memory, where only root may write.
  const environment = `/run/portlock-${id.slice(0, 12)}.environment`;
  const labels = `/run/portlock-${id.slice(0, 12)}.labels`;
  const hasFiles = made.environment.length + made.labels.length > 0;
  const policy = inspected.host.settings.RestartPolicy;
  const restarts = container.engine === "docker" && policy !== undefined && policy.Name !== "no";
  const files = toFileOptions(made, environment, labels);
  const keep: readonly ChangeCommand[] = [
    ["/bin/sh", "-c", KEEP_SETTINGS_SCRIPT, "portlock", id, environment, labels, made.without.join(" "), ...engine],
  ];
  return {
    kind: "recreate-container",
    target: name,
    server: servers[0].id,
    mends: toMends(site),
    folders: [],
    files: [],
    modes: [],
    commands: [
      // Whatever may be refused comes before the server is stopped.
      [...engine, "rename", "--", id, aside],
      ...(hasFiles ? keep : []),
      [...engine, "create", `--name=${name}`, ...made.options, ...files, made.image, ...made.words],
      ...made.connections.map(({ network, options }): ChangeCommand => [
        ...engine,
        "network",
        "connect",
        ...options,
        "--",
        network,
        name,
      ]),
      ...(hasFiles
        ? ([
            ["rm", "-f", "--", environment],
            ["rm", "-f", "--", labels],
          ] as const)
        : []),
      ...(restarts ? ([[...engine, "update", "--restart=no", "--", id]] as const) : []),
      [...engine, "stop", "--", id],
      [...engine, "start", "--", name],
    ],
    undo: {
      before: [],
      after: [
        [
          "/bin/sh",
          "-c",
          PUT_BACK_SCRIPT,
          "portlock",
          id,
          name,
          aside,
          restarts ? toPolicyText(policy) : "",
          environment,
          labels,
          ...engine,
        ],
      ],
    },
    expect: toExpectations(site),
    remarks: [{ code: "keeps-old-container", container: aside }],
  };
}
