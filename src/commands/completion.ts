import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** The scripts hand the words so far to `portlock __complete`, so that they never fall behind the commands. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_portlock() {
  local IFS=$'\\n'
  COMPREPLY=($(portlock __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _portlock portlock
`,
  zsh: `#compdef portlock
_portlock() {
  local -a proposals
  proposals=("\${(@f)$(portlock __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$proposals" ]]; then compadd -- "\${proposals[@]}"; else _files; fi
}
if [[ "$funcstack[1]" == "_portlock" ]]; then _portlock "$@"; else compdef _portlock portlock; fi
`,
};

/** `portlock completion bash|zsh`: prints the script. */
export async function completion(session: Session, _flags: object, shell: string): Promise<ExitCode> {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) throw new CommandError({ code: "shell-unknown", data: { shell } });
  session.out.write(script);
  return EXIT.clear;
}
