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

/** A flag belongs to the command that runs where none is named; anything else was meant for a name. */
function toStopped(routes: Routes, path: readonly string[], input: string): CalledCommand {
  const entries = routes.getAllEntries().map(({ name, target }) => ({ name: name["convert-camel-to-kebab"], target }));
  if (!input.startsWith("-")) {
    const names = entries.map(({ name }) => name);
    return { path: path.join(" "), nearest: toNearest(input, names) };
  }
  const first = entries.find(({ target }) => target === routes.getDefaultCommand());
  return { path: [...path, ...(first === undefined ? [] : [first.name])].join(" "), nearest: null };
}

function isRoutes(target: Target): target is Routes {
  return "getAllEntries" in target;
}
