import { toCommandLine, toPrintable } from "../../report/printable.ts";
import { HARDEN_EN } from "./harden-words.ts";
import { PROXY_EN } from "./proxy.en.ts";
import { CHANGE_TROUBLES_EN } from "./changes.en.ts";
import { GATEWAY_EN } from "./gateway.en.ts";
import { KEYS_EN } from "./keys.en.ts";
import { HELP_EN } from "./help.en.ts";
import type { CommandWords } from "./words.ts";

/** The command line in English, ASCII only. */
export const COMMANDS_EN: CommandWords = {
  about:
    "Portlock tells who can reach your model server, by which route, and what stops them.\n" +
    "It changes nothing unless you ask it to, and asks nobody but the hosts you name.",
  commands: HELP_EN,
  flags: {
    host: "Host to read through OpenSSH; may be given several times",
    from: "Recording to judge instead of a host, - for standard input; may be given several times",
    json: "Print the JSON document; with several hosts, an array",
    lang: "Language, en or zh-CN; default from PORTLOCK_LANG, LC_ALL, LC_MESSAGES, LANG",
    failOn: "Exit with 1 when a finding is at least this bad; high unless given",
    color: "Use colour; auto unless given: on a terminal without NO_COLOR",
    plain: "One fact a line instead of tables, for screen readers and grep",
    output: "File to write, - for standard output",
    force: "Overwrite the file if it exists",
    recordHost: "Host to read through OpenSSH",
    fast: "Do not pause between the scenes",
    source: "Address the packet comes from",
    destination: "Address and port it is sent to; a port alone means the host's own address",
    door: "Interface it comes in by; unless given, the one by which the host would answer",
    recording: "Recording whose rules to follow instead of a host's, - for standard input",
    traceJson: "Print the JSON document",
    hardenHost: "Host to change, through OpenSSH; this one unless given",
    server: "Server to close, by its name in the report; may be given several times; all unless given",
    method: "How to put a server on loopback; by who runs it unless given",
    sandbox: "Add systemd's hardening directives to the unit",
    ipFilter: "Let the unit exchange packets with this host only (IPAddressDeny=)",
    restartProcess: "Restart a server that was started by hand, instead of printing how",
    recreate: "Make a container anew where its ports cannot be changed otherwise",
    firewall: "Close the port in a firewall too; none unless given",
    allow: "Network that gets through the firewall all the same; may be given several times",
    mend: "Mend this too; may be given several times",
    mayChange: "Port of another service whose callers the firewall may change; may be given several times",
    dryRun: "Show the plan and change nothing",
    plan: "Write the plan to this file and change nothing",
    apply: "Apply the plan of this file, unless the host has changed since",
    yes: "Do not ask",
    confirmWithin: "Take everything back unless `portlock confirm` comes within this time, such as 90s; 0 for never",
    hardenJson: "Print plan, journal, proofs and report as one JSON document",
    vantage: "From where: namespace (as root unless given), ssh://user@host, urls; may be given several times",
    rehearse: "Really reload systemd and restart the service, and try again after each",
    cutSessions: "Cut the connections that outlived the rules",
    credentialFile: "File with NAME:PASSWORD or a key: try sites by portlock proxy with it, too, and by every method",
    askModel: "With --credential-file: have this model generate through those sites, and tell how its stream passes",
    tryUpload:
      "With --credential-file: upload so much, such as 2GiB, through those sites, and break off before the last byte",
    evidence: "Write the evidence to a Markdown file, - for standard output",
    changeHost: "Host to do it on, through OpenSSH",
  },
  arguments: {
    url: "host, host:port, [IPv6]:port, http://... or https://...",
    rule: "Id of a rule, for example open-bind",
    shell: "bash or zsh",
    undoId: "id of a change as `portlock history` prints it; the last one in force unless given",
    confirmId: "id of a change; the one that waits unless given",
  },
  placeholders: {
    address: "ADDRESS",
    network: "CIDR",
    port: "PORT",
    seconds: "90s",
    server: "SERVER",
    socket: "ADDRESS:PORT",
    interface: "INTERFACE",
    target: "ssh://user@host",
    vantage: "namespace|ssh://user@host|urls",
    file: "FILE",
    model: "MODEL",
    size: "SIZE",
    url: "URL",
    rule: "RULE",
    shell: "bash|zsh",
    change: "ID",
  },
  help: {
    usage: "Usage",
    aliases: "Aliases",
    commands: "Commands",
    flags: "Flags",
    arguments: "Arguments",
    examples: "Examples",
    exitCodes: "Exit codes",
    default: "default =",
    separator: "separator =",
    helpFlag: "Print this help",
    versionFlag: "Print the version",
    escape: "Take everything after this as arguments",
  },
  exitCodes: [
    ["0", "nothing at or above --fail-on; probe: closed, or a credential is demanded; trace: stopped; undo: undone"],
    [
      "1",
      "findings; probe: it answers without a credential; trace: admitted; verify: not as expected; undo: not all of it; " +
        "harden, proxy, gateway install: still open, refused by you, or taken back",
    ],
    ["2", "could not judge: a verdict that matters is unknown, or something could not be read or done"],
    ["3", "a bug of Portlock"],
    ["64", "a command line that is not understood, or names what there is not"],
  ],

  usage: {
    noSuchCommand: (input, corrections) => `there is no command ${quote(input)}${didYouMean(corrections)}`,
    noSuchFlag: (input, corrections) => `there is no flag ${quote(input)}${didYouMean(corrections)}`,
    badValue: (flag, input, why) => `${quote(input)} does not suit ${flag}: ${why}`,
    notOneOf: (flag, input, values) => `${quote(input)} does not suit ${flag}; it takes ${values.join(", ")}`,
    valueMissing: (flag) => `${flag} needs a value`,
    argumentMissing: (name) => `${name} is missing`,
    tooManyArguments: (input) => `nothing can be done with the argument ${quote(input)}`,
    givenTwice: (flag) => `${flag} may be given only once`,
    takesNoValue: (flag) => `${flag} takes no value`,
    takes: (values) => `it takes ${values.join(", ")}`,
    badLanguage: "there are words in en and zh-CN",
    badPort: "a port is a number from 1 to 65535",
    badSeconds: "write 90s or 5m, at most an hour",
    badUpload: "write 512MiB or 2GiB, 16MiB at least",
    badNetwork: "write an address or a network such as 10.0.0.0/24",
    hint: (command) => `\`${command} --help\` shows what can be given.`,
  },
  error: "error",
  whatToDo: "What to do",
  troubles: {
    "file-unread": ({ file, detail }) => ({
      sentence: `${quote(file)} could not be read (${toPrintable(detail, 200)}).`,
      hint: "Check the path and its rights; what root wrote, root reads.",
    }),
    "flags-contradict": ({ flags: [one, other] }) => ({
      sentence: `${one} and ${other} do not go together.`,
      hint: "Leave out one of them.",
    }),
    "plan-damaged": ({ file, detail, madeBy }, own) => ({
      sentence: `${quote(file)} is no plan that this Portlock understands (${toPrintable(detail, 200)}).`,
      hint: `Make it anew, with the flags it was made with: ${own(...madeBy, "--plan", file)}`,
    }),
    "moved-on": ({ file, madeBy }, own) => ({
      sentence: `The host has changed since the plan ${quote(file)} was made: the same choices give another plan now.`,
      hint: `Make it anew, with the flags it was made with, and look at it: ${own(...madeBy, "--plan", file)}`,
    }),
    "plan-refused": (words) => words,
    "confirmation-missing": () => ({
      sentence: "There is no terminal to ask on, and nothing was changed.",
      hint: "Look at the plan with --dry-run, then run it with --yes.",
    }),
    "host-fault": ({ detail }, own) => ({
      sentence: `The host did not do what it was asked to: ${toPrintable(detail, 300)}.`,
      hint: `\`${own("history")}\` tells how each change stands.`,
    }),
    "not-an-address": ({ flag, text }) => ({
      sentence: `${quote(text)} is no numeric address that ${flag} takes.`,
      hint:
        flag === "--to"
          ? "Write 10.0.0.5:11434, [2001:db8::5]:11434 or a port alone. Names are not looked up: nothing leaves the host."
          : "Write an IPv4 or IPv6 address. Names are not looked up: nothing leaves the host.",
    }),
    "trace-impossible": (words) => words,
    ...CHANGE_TROUBLES_EN,
    ...KEYS_EN.troubles,
    ...GATEWAY_EN.troubles,
    "recording-unreadable": ({ file, detail }) => ({
      sentence: `${quote(file)} could not be read (${detail}).`,
      hint: "Check the path and its rights; a recording is readable only by who made it.",
    }),
    "recording-damaged": ({ file, detail }) => ({
      sentence: `${quote(file)} is not a recording, or is damaged: ${toPrintable(detail, 200)}.`,
      hint: "Copy it again, or record the host again: portlock record -o FILE",
    }),
    "recording-newer": ({ file, schema }) => ({
      sentence: `${quote(file)} was made by a newer Portlock (${toPrintable(schema, 60)}).`,
      hint: "Judge it with the version that made it, or a newer one.",
    }),
    "recording-too-large": ({ file, limitMiB }) => ({
      sentence: `${quote(file)} is larger than ${limitMiB} MiB, which no recording is.`,
      hint: "Check that it is the right file.",
    }),
    "file-exists": ({ file }) => ({
      sentence: `${quote(file)} is there already, and is left as it is.`,
      hint: "Choose another name, or overwrite it with --force.",
    }),
    "file-unwritable": ({ file, detail }) => ({
      sentence: `${quote(file)} could not be written (${detail}).`,
      hint: "Choose a folder you may write to.",
    }),
    "rule-unknown": ({ rule, nearest }) => ({
      sentence: `there is no rule ${quote(rule)}.`,
      hint: nearest === null ? "`portlock explain` lists all rules." : `Did you mean \`portlock explain ${nearest}\`?`,
    }),
    "shell-unknown": ({ shell }) => ({
      sentence: `there is no completion for ${quote(shell)}.`,
      hint: "Use bash or zsh.",
    }),
  },
  hostError: ({ message, hint }) => ({ sentence: toPrintable(message, 400), hint: toPrintable(hint, 400) }),
  bug: (version, own) =>
    `portlock: error bug: this is a bug of Portlock ${version}, not of your host.\n` +
    "  What to do: please report it with the lines below; take out names you do not want to share. Where a host was " +
    `being changed, \`${own("history")}\` tells how that stands.`,

  badVantage: "it takes namespace, ssh://user@host or urls",
  trying: "trying every door ...",
  evidenceWritten: (file) => `The evidence is in ${quote(file)}.\n`,

  connecting: (target) => `logging in to ${target} ...`,
  reading: (target, fact) => `reading ${target}: ${fact} ...`,
  asking: (places) => `asking ${places} ...`,
  readingMany: (done, all) => `reading hosts: ${done} of ${all} done ...`,
  hostHeading: (target) => `Host ${target}`,

  recorded: ({ host, file, sizeBytes, listeners, processes, missing }) =>
    `Recorded ${toPrintable(host, 80)} to ${quote(file)} (${toSize(sizeBytes)}): ${count(listeners, "listening socket", "listening sockets")}, ` +
    `${count(processes, "process", "processes")}, and what bears on them.\n` +
    (missing === 0
      ? ""
      : `${count(missing, "fact", "facts")} could not be read; recorded as root there would be fewer.\n`) +
    "Secrets were dropped while reading: of environment variables only the settings of model servers were kept.\n" +
    "It still holds host names, addresses, user names and paths: give it to people you would give those to.\n" +
    `Judge it with: ${toCommandLine(["portlock", "audit", "--from", file])}\n`,

  harden: HARDEN_EN,
  proxy: PROXY_EN,
  keys: KEYS_EN,
  gateway: GATEWAY_EN,
  probe: {
    verdicts: { open: "OPEN", guarded: "GUARDED", closed: "CLOSED", none: "NONE", unknown: "UNKNOWN" },
    open: (place, server) => `OPEN: ${server} at ${place} answers without a credential.`,
    guarded: (place, server) => `GUARDED: ${server ?? "what answers"} at ${place} demands a credential.`,
    closed: (place) => `CLOSED: ${place} refuses connections from here.`,
    none: (place) => `NONE: ${place} answers, and not as a model server that Portlock knows.`,
    unknown: (place, why) => `UNKNOWN: ${place} could not be judged: ${why}.`,
    whys: {
      timeout: "no answer in time; a firewall drops the packets, or the server is stuck",
      unroutable: "there is no way to it from here",
      "not-http": "it does not speak HTTP",
      "tls-failed": "the TLS handshake failed",
      closed: "it closed the connection without an answer",
      "not-possible": "the request could not be made",
      access: "its answers do not tell whether it demands a credential",
      redirects: "it answers every request with a redirect, and none is followed",
    },
    redirectsTo: (place) => `It sends you to ${toPrintable(place, 200)}: probe that too, if it is yours.`,
    hostCheck: {
      accepts: "A foreign Host header is accepted: a web page can reach it by DNS rebinding.",
      refuses: "A foreign Host header is refused.",
      unmeasured: "Whether a foreign Host header is accepted could not be told.",
    },
    originCheck: {
      accepts: "A foreign Origin is accepted: any web page can call it from a browser that reaches it.",
      refuses: "A foreign Origin is refused.",
      unmeasured: "Whether a foreign Origin is accepted could not be told.",
    },
    strangersCan: "A stranger can",
    whoeverCan: "Whoever reaches it can",
    strangers: {
      ollama: [
        "run every model, on your hardware and your power bill",
        "list models and read their system prompts",
        "delete, copy and overwrite models, and fill the disk",
        "make the server fetch from any address (pull) and send models away (push)",
        "spend your plan at ollama.com where cloud models are on",
      ],
      other: ["run the models it serves, on your hardware", "use every flaw of its version"],
    },
    next: "On the host: `sudo portlock audit` shows which setting opens it and the command that closes it.",
    askedByItself:
      "This host asked itself, which says nothing about others. Who else gets in: `sudo portlock audit`, or the same " +
      "probe on another machine.",
  },
  explainRoute: [
    "A route is one way from somebody to a server: who (the vantage and its addresses), where the packet comes in (an " +
      "address and port of this host), the way from there (straight, a published port, a rule that sends it on), and what " +
      "stands in between (the barriers: routing, firewall, the unit's IP filter, where the server listens, a credential).",
    "Every barrier alone can close a route. It is closed where one surely stops it, unknown where one could not be told " +
      "and none stops it, guarded where only a credential is demanded, and open where nothing stops it.",
    "Where rules tell the sources apart, each part has a route of its own, with the rule that decides.",
    "The way of one packet through the rules, rule by rule: portlock trace --from 203.0.113.9 --to 10.0.0.5:11434",
  ],
  explainMore: "One rule in full: portlock explain open-bind",
};

function quote(text: string): string {
  return `"${toPrintable(text, 120)}"`;
}

function didYouMean(corrections: readonly string[]): string {
  return corrections.length === 0 ? "" : `; did you mean ${corrections.slice(0, 3).join(" or ")}?`;
}

function count(number: number | null, one: string, many: string): string {
  return number === null ? `an unknown number of ${many}` : `${number} ${number === 1 ? one : many}`;
}

function toSize(bytes: number): string {
  return bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1024)} KiB`;
}
