import type { DeciderName } from "./decider-terms.ts";

/**
 * A rule or a policy in words that are the same in every language: the command it was given by where one is known,
 * else as its engine writes it.
 */
export function toDeciderLabel(name: DeciderName, written: string): string {
  switch (name.kind) {
    case "ufw-rule":
      return name.command;
    case "ufw-default":
      return `ufw default ${name.policy} ${name.direction}`;
    case "firewalld-zone":
      return name.element === null ? written : `${name.zone}: ${name.element.text}`;
    default:
      return written;
  }
}
