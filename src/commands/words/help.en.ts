import { CHANGE_HELP_EN } from "./changes.en.ts";
import type { CommandHelp, CommandName } from "./words.ts";

/** Help of every command. */
export const HELP_EN: Readonly<Record<CommandName, CommandHelp>> = {
  audit: {
    brief: "Tell who can reach the model servers of a host, and what stops them",
    description:
      "Reads a host and tells for each model server who can reach it, by which way, what stops them, and what to do. " +
      "Without --host or --from it reads this host. Run it as root to see everything; what could not be read is " +
      "listed, and never taken for safe.",
    examples: [
      ["", "this host"],
      [
        "--host ssh://root@gpu-1 --host ssh://root@gpu-2",
        "two hosts through your OpenSSH client; nothing is installed there",
      ],
      ["--from gpu-1.json", "a recording made by `portlock record`, without root and without Linux"],
      ["--json --fail-on medium", "one JSON document for a program, exit code 1 from medium on"],
    ],
  },
  harden: {
    brief: "Close what is open: a plan, your consent, the change, a proof, and a way back",
    description:
      "Audits the host, shows what it would change and how each change is taken back, asks, changes it, then looks " +
      "again and connects from outside. Unless told otherwise a service is put on 127.0.0.1 by a drop-in file that " +
      "survives upgrades. `portlock undo` takes everything back, byte for byte. Needs root, but for --dry-run.",
    examples: [
      ["--dry-run", "only show what would be done"],
      ["", "this host, after asking"],
      ["--yes --json", "for a script: no question, one JSON document"],
      ["--firewall auto --allow 10.0.0.0/24", "close the port in the firewall in charge, but for one network"],
      ["--host ssh://root@gpu-1 --confirm-within 90s", "another host; taken back unless confirmed in time"],
      ["--plan plan.json", "write the plan, to be read by a colleague and applied with --apply plan.json"],
    ],
  },
  record: {
    brief: "Save the facts of a host to a file, to be judged later or elsewhere",
    description:
      "Reads a host as `audit` does and writes what it read to a file only you can read. Secrets are dropped while " +
      "reading: of environment variables only the settings of model servers are kept.",
    examples: [
      ["-o gpu-1.json", "this host"],
      ["-o gpu-1.json --host ssh://root@gpu-1", "another host"],
      ["-o - | ssh security@desk portlock audit --from -", "to standard output, judged elsewhere"],
    ],
  },
  probe: {
    brief: "Look at a server as a stranger does, from where you are",
    description:
      "Asks an address by GET whether it is a model server, which one, and whether it serves strangers. A few small " +
      "requests, no redirects, only to the host you name. A name without a port is asked on 11434.",
    examples: [
      ["gpu-1", "port 11434 of gpu-1"],
      ["http://192.0.2.10:8000 [2001:db8::10]:11434", "two addresses"],
      ["https://ollama.example.com --json", "a server behind a proxy, as JSON"],
    ],
  },
  trace: {
    brief: "Follow one packet through the firewall rules, rule by rule",
    description:
      "Says what the packet filters of a host do with the first packet of a new connection: the chains it passes, the " +
      "rules that match, where it is sent, who stops it, and who listens where it arrives. Exit code 0: stopped; 1: " +
      "admitted; 2: not known.",
    examples: [
      ["--from 203.0.113.9 --to 11434", "a stranger, to this host's own address"],
      ["--from 192.168.1.7 --to 10.0.0.5:11434 --in eth1", "from a neighbour who comes in by another interface"],
      ["--from 2001:db8::9 --to [2001:db8::5]:11434 --recording gpu-1.json", "through the rules of a recorded host"],
    ],
  },
  verify: {
    brief: "Prove by new connections what is closed, and tell whether it will stay closed",
    description:
      "Judges a host again, then tries every address and port of its model servers by new connections: from the host " +
      "itself, and, as root, from a neighbour and a routed stranger in network namespaces of their own, which are gone " +
      "afterwards. Other hosts can be named with --vantage. Says which connections outlived a change, whether the host " +
      "stays closed after a restart, a reboot or an upgrade, and what was not tried. A connection that is not as " +
      "expected gives exit code 1, whatever --fail-on says.",
    examples: [
      ["", "this host, from beside it"],
      ["--host ssh://root@gpu-1 --vantage namespace --vantage ssh://me@desk", "another host, also from a third one"],
      ["--vantage urls", "what a colleague elsewhere can run"],
      [
        "--credential-file alice --ask-model llama3.2:3b",
        "what sites by portlock proxy let through, and how streams pass",
      ],
      ["--credential-file admin --try-upload 2GiB", "whether a model can be uploaded through them"],
      ["--rehearse --report evidence.md", "restarts the service, tries again, and writes the evidence for a ticket"],
    ],
  },
  explain: {
    brief: "Explain a rule: what it finds, why it matters, how to mend it",
    description: "Without a rule it lists all of them.",
    examples: [
      ["", "every rule in one line"],
      ["open-bind", "one rule in full"],
    ],
  },
  ...CHANGE_HELP_EN,
  demo: {
    brief: "See it work on a stand-in server that nobody else can reach (about 30 seconds)",
    description:
      "Starts a stand-in Ollama in a throw-away network namespace, audits it exposed, rebinds it, audits it again, " +
      "with a real connection from a second namespace before and after. Nothing listens on your own network.",
    examples: [["", "the guided run"]],
  },
  completion: {
    brief: "Print a completion script for your shell",
    description: "Prints a script for bash or zsh; load it from your shell's start-up file.",
    examples: [
      ["bash | install -D -m 644 /dev/stdin ~/.local/share/bash-completion/completions/portlock", "for bash"],
      ["zsh | install -D -m 644 /dev/stdin ~/.zsh/completions/_portlock", "for zsh, in a folder of your fpath"],
    ],
  },
};
