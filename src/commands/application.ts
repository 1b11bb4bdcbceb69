import { buildApplication, buildRouteMap, help, version, type Application } from "@stricli/core";
import { wrapText } from "../report/table.ts";
import { toAuditLines } from "./audit-lines.ts";
import { toChangeLines } from "./change-lines.ts";
import { toCalled } from "./called-command.ts";
import type { ParserContext } from "./context.ts";
import { toGatewayLines } from "./gateway-lines.ts";
import { toHelpLines } from "./help-lines.ts";
import { toProxyLines } from "./proxy-lines.ts";
import { toKeysLines } from "./keys-lines.ts";
import { toParserText } from "./parser-text.ts";
import type { CommandWords, RouteName } from "./words/words.ts";

/** What the help of one run depends on besides its language. */
export interface HelpSetting {
  readonly version: string;
  /** The command line, for hints. */
  readonly inputs: readonly string[];
  /** Columns of the terminal; null where there is none. */
  readonly columns: number | null;
}

const WIDEST_HELP = 96;

/** The command line as the parser wants it, in one language. A command's own module is loaded when it runs. */
export function toApplication(words: CommandWords, setting: HelpSetting): Application<ParserContext> {
  const width = Math.min(WIDEST_HELP, setting.columns ?? WIDEST_HELP);
  const routes = buildRouteMap<RouteName, ParserContext>({
    routes: {
      ...toAuditLines(words, width),
      ...toChangeLines(words, width),
      ...toProxyLines(words, width),
      keys: toKeysLines(words, width),
      gateway: toGatewayLines(words, width),
      ...toHelpLines(words, width),
    },
    docs: { brief: words.about, fullDescription: `${words.about}\n\n${toExitCodes(words, width)}` },
  });
  const text = toParserText(words, { version: setting.version, called: toCalled(routes, setting.inputs) });
  return buildApplication(
    routes,
    {
      name: "portlock",
      scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
      documentation: { disableAnsiColor: true, caseStyle: "convert-camel-to-kebab" },
      localization: { text },
      determineExitCode: text.toExitCode,
    },
    {
      help: help({
        brief: words.help.helpFlag,
        complete: true,
        formatting: { caseStyle: "convert-camel-to-kebab", useAliasInUsageLine: false, onlyRequiredInUsageLine: false },
        defaultForRouteMap: true,
      }),
      version: version({ brief: words.help.versionFlag, complete: true, info: { currentVersion: setting.version } }),
    },
  );
}

function toExitCodes(words: CommandWords, width: number): string {
  const lines = words.exitCodes.flatMap(([code, meaning]) =>
    wrapText(meaning, width - 6).map((line, index) => `  ${(index === 0 ? code : "").padEnd(2)}  ${line}`),
  );
  return [words.help.exitCodes, ...lines].join("\n");
}
