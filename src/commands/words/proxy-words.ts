import type { ProxyAuth, ProxyKind } from "../../proxy/site.ts";
import type { SeenAnswer } from "../apply-proxy.ts";
import type { CommandHelp } from "./words.ts";

/** Commands below `portlock proxy`, by what is typed. */
export type ProxyCommandName =
  | "proxy nginx"
  | "proxy caddy"
  | "proxy haproxy"
  | "proxy users list"
  | "proxy users add"
  | "proxy users remove";

/** What `portlock proxy` says, in one language. */
export interface ProxyWords {
  readonly help: Readonly<Record<ProxyCommandName, CommandHelp>>;
  /** One line for `proxy` and `proxy users` in lists of commands. */
  readonly briefs: Readonly<Record<"proxy" | "users", string>>;
  readonly flags: Readonly<
    Record<
      | "host"
      | "server"
      | "listen"
      | "name"
      | "auth"
      | "gatewayPort"
      | "user"
      | "scope"
      | "tlsCert"
      | "tlsKey"
      | "tlsSelfSigned"
      | "origin"
      | "rate"
      | "site"
      | "peopleSite"
      | "print"
      | "plan"
      | "json",
      string
    >
  >;
  readonly arguments: Readonly<Record<"person", string>>;
  readonly placeholders: Readonly<Record<"listen" | "name" | "person" | "origin" | "rate" | "site", string>>;
  readonly usage: Readonly<Record<"badListen" | "badRate", string>>;
  /** What was asked through the proxy, and what came. */
  seen(answer: SeenAnswer): string;
  /** Above credentials that nobody sees again. */
  readonly shownOnce: string;
  credential(auth: ProxyAuth, name: string, secret: string): string;
  /** An answer through the proxy was another one than it had to be. */
  readonly otherAnswer: string;
  printedFor(proxy: ProxyKind, version: string, isInstalled: boolean): string;
  needsPeople(file: string): string;
  readonly noSites: string;
  people(site: string, auth: ProxyAuth, names: readonly string[]): string;
}
