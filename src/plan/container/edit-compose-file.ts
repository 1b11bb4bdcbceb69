import type { ComposeClients } from "../../facts/container-inspection.ts";
import type { Container } from "../../facts/containers.ts";
import type { ChangeCommand } from "../../host/change-command.ts";
import type { PlannedSteps } from "../plan-input.ts";
import { leave, needFiles, refuse, toSteps } from "../planned-steps.ts";
import { editComposeFiles, listVariables, type ComposeEdits, type ComposeFile } from "./compose-file.ts";
import { toExpectations, toMends, type ContainerSite } from "./site.ts";

type Compose = NonNullable<Container["compose"]>;

/** A project of Compose as a plan can start it again. */
interface Project {
  readonly directory: string;
  readonly files: readonly string[];
  /** Files of variables that were named at its start. */
  readonly named: readonly string[];
  readonly client:
    | readonly ["docker", "--host", typeof SOCKET, "compose"]
    | readonly ["docker-compose", "--host", typeof SOCKET];
}

const SOCKET = "unix:///run/docker.sock";

/** Publishes ports on loopback in the compose file that publishes them, and has its service made anew. */
export function planCompose(site: ContainerSite, compose: Compose): PlannedSteps {
  const { input, inspected, servers, ports, variable } = site;
  const rule = toMends(site)[0] ?? null;
  const version = inspected.compose.version ?? "";
  const client = toClient(version, inspected.composeClients);
  if (client === null) return leave(servers[0], { code: "no-compose-client", version }, rule);
  const project = toProject(site, compose, client);
  if (project === null) return leave(servers[0], { code: "no-safe-change" }, rule);
  const variableFiles = project.named.length > 0 ? project.named : [`${project.directory}/.env`];
  const needed = needFiles(input, [...project.files, ...variableFiles]);
  if (needed !== null) return needed;
  const texts = project.files.map((path) => ({ path, text: input.texts.get(path) ?? null }));
  const absent = texts.find(({ text }) => text === null);
  if (absent !== undefined) return refuse({ code: "file-not-understood", path: absent.path, why: "absent" });
  const files: readonly ComposeFile[] = texts.map(({ path, text }) => ({ path, text: text ?? "" }));
  const edited = editComposeFiles(files, { service: compose.service, ports, variable });
  if (!edited.ok) return refuse({ code: "file-not-understood", path: edited.path, why: edited.why });
  const known = new Set(variableFiles.flatMap((path) => toVariableNames(input.texts.get(path) ?? "")));
  const names = listVariables(files, compose.service).filter((name) => !known.has(name));
  if (names.length > 0) return leave(servers[0], { code: "unknown-variables", names }, rule);
  return toStep(site, edited.edits, toUp(project, compose));
}

function toStep(
  site: ContainerSite,
  edits: Extract<ComposeEdits, { ok: true }>["edits"],
  up: ChangeCommand,
): PlannedSteps {
  const { container, servers } = site;
  return toSteps({
    steps: [
      {
        kind: "edit-compose-file",
        target: container.name,
        server: servers[0].id,
        mends: toMends(site),
        folders: [],
        files: edits.map(({ path, splices }) => ({ path, edit: { kind: "splice", splices } })),
        modes: [],
        commands: [up],
        undo: { before: [], after: [up] },
        expect: toExpectations(site),
        remarks: [{ code: "applies-whole-file", paths: edits.map(({ path }) => path) }],
      },
    ],
    interruptions: site.interruptions,
  });
}

/** The client that is as old as the one that made the container: what another one makes may be called otherwise. */
function toClient(version: string, { plugin, standalone }: ComposeClients): Project["client"] | null {
  const isSameAs = (other: string | null): boolean => toGeneration(other) === toGeneration(version);
  if (version === "") return null;
  if (isSameAs(plugin)) return ["docker", "--host", SOCKET, "compose"];
  return isSameAs(standalone) ? ["docker-compose", "--host", SOCKET] : null;
}

/** Compose 1 is the one; all that came later name things alike. */
function toGeneration(version: string | null): "first" | "later" | null {
  if (version === null) return null;
  return version.startsWith("1.") ? "first" : "later";
}

/** Null: where its files are is not said, or a name is none that Compose gives. */
function toProject({ inspected }: ContainerSite, compose: Compose, client: Project["client"]): Project | null {
  const { directory, environmentFiles } = inspected.compose;
  if (directory === null || compose.files.length === 0) return null;
  const toPath = (path: string): string => (path.startsWith("/") ? path : `${directory}/${path.replace(/^\.\//, "")}`);
  const project = { directory, files: compose.files.map(toPath), named: environmentFiles.map(toPath), client };
  const arePaths = [directory, ...project.files, ...project.named].every(isAbsolute);
  const areNames = /^[a-z0-9][a-z0-9_-]*$/.test(compose.project) && /^[A-Za-z0-9][\w.-]*$/.test(compose.service);
  return arePaths && areNames ? project : null;
}

function isAbsolute(path: string): boolean {
  return /^(?:\/[^/\0\n\r]+)+$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);
}

function toUp({ client, directory, named, files }: Project, { project, service }: Compose): ChangeCommand {
  return [
    ...client,
    `--project-name=${project}`,
    `--project-directory=${directory}`,
    ...named.map((path): `--env-file=${string}` => `--env-file=${path}`),
    ...files.map((path): `--file=${string}` => `--file=${path}`),
    "up",
    "--detach",
    "--no-deps",
    "--no-build",
    service,
  ];
}

function toVariableNames(text: string): readonly string[] {
  return [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*[=:]/gm)].flatMap(([, name]) => name ?? []);
}
