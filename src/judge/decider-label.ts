import type { DeciderName } from "./decider-terms.ts";

/**
 * A rule or a policy in words that are the same in every language: the command it was given by where one is known,
 * else as its engine writes it.
 */
export function toDeciderLabel(name: DeciderName, written: string): string {
  if (name.kind === "ufw-rule") return name.command;
  if (name.kind === "ufw-default") return `ufw default ${name.policy} ${name.direction}`;
  if (name.kind === "firewalld-zone" && name.element !== null) return `${name.zone}: ${name.element.text}`;
  return written;
}
