/** A drop-in as people write them. */
export interface UnitFileSample {
  readonly name: string;
  /** U+FFFD stands for a byte that is no UTF-8. */
  readonly text: string;
  /** Assignments in the order systemd takes them: a later one replaces an earlier one of the same name. */
  readonly takes: readonly string[];
  /** What the author meant and systemd throws away, with our word for the reason. */
  readonly loses?: readonly string[];
}

/** What systemd 252.39 (Debian 12) takes from each; unit-file.systemd.test.ts asks the one on this machine. */
export const UNIT_FILE_SAMPLES: readonly UnitFileSample[] = [
  {
    name: "the form the installer's documentation shows",
    text: '[Service]\nEnvironment="OLLAMA_HOST=0.0.0.0:11434"\n',
    takes: ["OLLAMA_HOST=0.0.0.0:11434"],
  },
  {
    name: "a trailing comment does not end the line: its words are read too, and the last one wins",
    text: '[Service]\nEnvironment="OLLAMA_HOST=127.0.0.1:11434" # was OLLAMA_HOST=0.0.0.0\n',
    takes: ["OLLAMA_HOST=127.0.0.1:11434", "OLLAMA_HOST=0.0.0.0"],
  },
  {
    name: "an apostrophe in the comment makes systemd give the rest of the line up, keeping what it had",
    text: "[Service]\nEnvironment=OLLAMA_HOST=127.0.0.1 # don't touch OLLAMA_HOST=0.0.0.0\n",
    takes: ["OLLAMA_HOST=127.0.0.1"],
  },
  {
    name: "curly quotes from a web page are part of the name, so nothing is set",
    text: "[Service]\nEnvironment=“OLLAMA_HOST=0.0.0.0” OLLAMA_ORIGINS=*\n",
    takes: ["OLLAMA_ORIGINS=*"],
    loses: ["OLLAMA_HOST=0.0.0.0 curly-quotes"],
  },
  {
    name: "a quote that is never closed drops that word and all behind it",
    text: '[Service]\nEnvironment=OLLAMA_ORIGINS=* "OLLAMA_HOST=0.0.0.0\n',
    takes: ["OLLAMA_ORIGINS=*"],
    loses: ["OLLAMA_HOST=0.0.0.0 unbalanced-quotes"],
  },
  {
    name: "an unknown escape drops that word and all behind it",
    text: "[Service]\nEnvironment=OLLAMA_ORIGINS=* OLLAMA_MODELS=D:\\models OLLAMA_HOST=0.0.0.0\n",
    takes: ["OLLAMA_ORIGINS=*"],
    loses: ["OLLAMA_MODELS=D:\\models unknown-escape", "OLLAMA_HOST=0.0.0.0 unknown-escape"],
  },
  {
    name: "text typed above the first section, as in `systemctl edit`",
    text: "Environment=OLLAMA_HOST=0.0.0.0\n[Service]\n",
    takes: [],
    loses: ["OLLAMA_HOST=0.0.0.0 outside-section"],
  },
  {
    name: "[service] in lower case is no section",
    text: "[service]\nEnvironment=OLLAMA_HOST=0.0.0.0\n[Service]\n",
    takes: [],
    loses: ["OLLAMA_HOST=0.0.0.0 unknown-section"],
  },
  {
    name: "Environment= under [Unit]",
    text: "[Unit]\nEnvironment=OLLAMA_HOST=0.0.0.0\n[Service]\nEnvironment=OLLAMA_MODELS=/m\n",
    takes: ["OLLAMA_MODELS=/m"],
    loses: ["OLLAMA_HOST=0.0.0.0 outside-section"],
  },
  {
    name: "a section header with a comment behind it makes systemd give the file up",
    text: "[Service] # mine\nEnvironment=OLLAMA_HOST=0.0.0.0\n[Service]\nEnvironment=OLLAMA_MODELS=/m\n",
    takes: [],
    loses: ["OLLAMA_HOST=0.0.0.0 unknown-section", "OLLAMA_MODELS=/m unknown-section"],
  },
  {
    name: "a private section [X-...] is skipped",
    text: "[X-old]\nEnvironment=OLLAMA_HOST=0.0.0.0\n[Service]\nEnvironment=OLLAMA_HOST=127.0.0.1\n",
    takes: ["OLLAMA_HOST=127.0.0.1"],
    loses: ["OLLAMA_HOST=0.0.0.0 unknown-section"],
  },
  {
    name: "continued lines, with comments between them",
    text: "[Service]\nEnvironment=OLLAMA_HOST=1 \\\n# note\n  OLLAMA_ORIGINS=2 \\\n; note\n OLLAMA_MODELS=3\n",
    takes: ["OLLAMA_HOST=1", "OLLAMA_ORIGINS=2", "OLLAMA_MODELS=3"],
  },
  {
    name: "a backslash before blanks at the end continues nothing and is an unknown escape",
    text: "[Service]\nEnvironment=OLLAMA_HOST=1 \\ \n  OLLAMA_MODELS=2\n",
    takes: ["OLLAMA_HOST=1"],
  },
  {
    name: "the last line may end in a backslash",
    text: "[Service]\nEnvironment=OLLAMA_HOST=1 \\",
    takes: ["OLLAMA_HOST=1"],
  },
  {
    name: "percent signs",
    text: "[Service]\nEnvironment=OLLAMA_HOST=[fe80::1%%eth0] OLLAMA_MODELS=100% OLLAMA_ORIGINS=%1\n",
    takes: ["OLLAMA_HOST=[fe80::1%eth0]", "OLLAMA_MODELS=100%"],
    loses: ["OLLAMA_ORIGINS=%1 unknown-escape"],
  },
  {
    name: "escapes are the ones of C",
    text: "[Service]\nEnvironment=OLLAMA_HOST=\\x41\\u00e9\\101\\s\\t|\n",
    takes: ["OLLAMA_HOST=AéA \t|"],
  },
  {
    name: "quotes inside and around words",
    text: `[Service]\nEnvironment='OLLAMA_HOST=a b' "OLLAMA_MODELS=c'd" OLLAMA_ORIGINS='x'"y"z\n`,
    takes: ["OLLAMA_HOST=a b", "OLLAMA_MODELS=c'd", "OLLAMA_ORIGINS=xyz"],
  },
  {
    name: "blanks around, an empty value, a name that is no name",
    text: "[Service]\n  Environment  =  OLLAMA_HOST=  1X=2 OLLAMA-HOST=3 =4\n ;x\n",
    takes: ["OLLAMA_HOST="],
  },
  {
    name: "a file written on Windows",
    text: "\uFEFF[Service]\r\nEnvironment=OLLAMA_HOST=1\r\nEnvironment=OLLAMA_MODELS=2\r\n",
    takes: ["OLLAMA_HOST=1", "OLLAMA_MODELS=2"],
  },
  {
    name: "keys are case sensitive, and a line without = is nothing",
    text: "[Service]\nenvironment=OLLAMA_HOST=1\nEnvironment OLLAMA_HOST=2\nEnvironment\n",
    takes: [],
  },
  {
    name: "no variable is expanded",
    text: "[Service]\nEnvironment=OLLAMA_MODELS=$HOME/models OLLAMA_HOST=${IP}\n",
    takes: ["OLLAMA_MODELS=$HOME/models", "OLLAMA_HOST=${IP}"],
  },
  {
    name: "bytes that are no UTF-8 make systemd give the file up",
    text: "[Service]\nEnvironment=OLLAMA_HOST=1\nEnvironment=OLLAMA_MODELS=\uFFFD\nEnvironment=OLLAMA_ORIGINS=2\n",
    takes: ["OLLAMA_HOST=1"],
    loses: ["OLLAMA_MODELS=\uFFFD unknown-section", "OLLAMA_ORIGINS=2 unknown-section"],
  },
];
