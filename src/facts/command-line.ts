import { DROPPED, withoutSecrets } from "./secrets.ts";

/** Words kept: what a process is stands at its beginning. */
const ARGUMENT_LIMIT = 8;
const LENGTH_LIMIT = 4_096;

const INTERPRETER: RegExp = /(?:^|\/)(?:python|pypy)[\d.]*$/;
/** Options of an interpreter that take no value: what follows is the script. */
const SWITCHES: RegExp = /^-[bBdEiIOPqsSuvx]+$/;
const SCRIPT: RegExp = /^[\w./@+-]+\.(?:py|js|mjs|cjs|ts|jar|sh)$/;
const MODULE: RegExp = /^[\w.-]+$/;

/**
 * Reads /proc/PID/cmdline (proc_pid_cmdline(5)), words ended by NUL, and keeps what tells which program runs: its
 * name, the words before its first option, the names of options, the module or script that an interpreter was
 * given. Every value of an option is dropped, whatever the option is called: `-k` may be somebody's key. At most 8
 * words of 4,096 characters each.
 */
export function parseCommandLine(text: string): readonly string[] {
  const words = text.split("\0", ARGUMENT_LIMIT + 1);
  if (words.at(-1) === "") words.pop();
  const [program, ...rest] = words.slice(0, ARGUMENT_LIMIT).map((word) => word.slice(0, LENGTH_LIMIT));
  if (program === undefined) return [];
  const interpreted = INTERPRETER.test(program);
  let option: string | null = null;
  return [
    toPlainWord(program),
    ...rest.map((word) => {
      if (word.startsWith("-") && word.length > 1) {
        if (!(interpreted && SWITCHES.test(word))) option = word;
        return toOptionName(word);
      }
      return option === null ? toPlainWord(word) : toWordBehind(option, word);
    }),
  ];
}

/** `--api-key=x` and `-px`: the value belongs to the word. */
function toOptionName(word: string): string {
  if (!word.startsWith("--")) return word.length === 2 || SWITCHES.test(word) ? word : `${word.slice(0, 2)}${DROPPED}`;
  const equals = word.indexOf("=");
  return equals < 0 ? withoutSecrets(word) : `${word.slice(0, equals)}=${DROPPED}`;
}

/** A process that writes its own title puts a whole command line into one word. */
function toPlainWord(word: string): string {
  const assigned = /^([A-Za-z_]\w*)=/.exec(word)?.[1];
  return assigned === undefined ? withoutSecrets(word.replace(/(\s)-.*$/s, `$1${DROPPED}`)) : `${assigned}=${DROPPED}`;
}

function toWordBehind(option: string, word: string): string {
  return SCRIPT.test(word) || (option === "-m" && MODULE.test(word)) ? word : DROPPED;
}
