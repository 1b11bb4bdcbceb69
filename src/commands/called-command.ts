import type { Command, RouteMap } from "@stricli/core";
import type { ParserContext } from "./context.ts";
import { toNearest } from "./nearest.ts";

type Routes = RouteMap<ParserContext>;
type Target = Routes | Command<ParserContext>;

/** The command that a command line names, as far as it names one. */
export interface CalledCommand {
  /** As it is typed, `portlock gateway run`; its `--help` shows what can be given. */
  readonly path: string;
  /** Where a name was to stand: the one of the commands there that is most like what stands there instead. */
  readonly nearest: string | null;
}

/** Follows the words of a command line as the parser does. */
export function toCalled(routes: Routes, inputs: readonly string[]): CalledCommand {
  const path = ["portlock"];
  let target: Target = routes;
  for (const input of inputs) {
    if (!isRoutes(target)) return { path: path.join(" "), nearest: null };
    const inner: Target | undefined = input.startsWith("-") ? undefined : target.getRoutingTargetForInput(input);
    if (inner === undefined) return toStopped(target, path, input);
    path.push(input);
    target = inner;
  }
  return { path: path.join(" "), nearest: null };
}

/**
 * Names that the last word may become where a command runs without a name: the parser proposes that command's flags alone.
 */
export function proposeNames(root: Target, inputs: readonly string[]): readonly string[] {
  const partial = inputs.at(-1) ?? "";
  let target: Target | undefined = root;
  for (const input of inputs.slice(0, -1)) {
    target = target !== undefined && isRoutes(target) ? target.getRoutingTargetForInput(input) : undefined;
  }
  if (target === undefined || !isRoutes(target) || target.getDefaultCommand() === undefined) return [];
  return listNames(target).filter((name) => name.startsWith(partial));
}

function listNames(routes: Routes): readonly string[] {
  return routes.getAllEntries().map(({ name }) => name["convert-camel-to-kebab"]);
}

/** A flag belongs to the command that runs where none is named; anything else was meant for a name. */
function toStopped(routes: Routes, path: readonly string[], input: string): CalledCommand {
  const names = listNames(routes);
  if (!input.startsWith("-")) return { path: path.join(" "), nearest: toNearest(input, names) };
  const first = names.filter((name) => routes.getRoutingTargetForInput(name) === routes.getDefaultCommand());
  return { path: [...path, ...first].join(" "), nearest: null };
}

function isRoutes(target: Target): target is Routes {
  return "getAllEntries" in target;
}
