import { toPrintable } from "../../report/printable.ts";
import type { KeysWords } from "./keys-words.ts";

/** `portlock keys` and `portlock gateway log` in English, ASCII only. */
export const KEYS_EN: KeysWords = {
  about: {
    brief: "Say who may use the gateway, for what, and until when",
    description:
      "A key is given to one person or program. It may ask models, unless it is given more, and is refused everywhere " +
      "within a second of being revoked. Only a keyed hash of it is kept.",
    examples: [],
  },
  aboutLog: {
    brief: "What was done to keys, by whom, and whether the log of it is sound",
    description:
      "Every change of a key and every start of the gateway is an entry, chained to the one before by a keyed hash.",
  },
  commands: {
    create: {
      brief: "Make a key; its text is shown once",
      description:
        "The text of the key is the only thing printed to standard output. Clients send it as `Authorization: Bearer`, " +
        "as `x-api-key`, or as the password of basic authentication.",
      examples: [
        ["alice", "may ask every model, without an end"],
        ["ci --models 'qwen3:*,llama3.2' --expires 90d --rpm 60", "two families of models, for 90 days, once a second"],
        [
          "ops --scope inference,read,manage --from 10.0.0.0/24",
          "may also list, pull and delete models, from one network",
        ],
        ['laptop --ollama-key "$(cat ~/.ollama/id_ed25519.pub)"', "the ollama CLI with OLLAMA_AUTH=1, without a text"],
      ],
    },
    list: {
      brief: "List the keys",
      description: "Keys in force and keys that are over; with --all those that were revoked too.",
      examples: [
        ["", "this machine's"],
        ["--all --json", "every key there ever was, as JSON"],
      ],
    },
    show: {
      brief: "Show all there is to know of a key",
      description: "By name or id. Its secret is not kept, and so cannot be shown.",
      examples: [["alice", "one key"]],
    },
    rotate: {
      brief: "Give a key a new text; the old one stays valid for a while",
      description: "Both are valid for the time of --grace, a day unless given, so that nobody is cut off meanwhile.",
      examples: [
        ["alice", "the old text is valid for a day more"],
        ["alice --grace 0s", "the old text is not valid any more"],
      ],
    },
    revoke: {
      brief: "Take a key out of force, for ever",
      description:
        "Every gateway on this store refuses it within a second. An answer that is under way is finished, unless " +
        "--end-streams is given.",
      examples: [
        ["alice", "new requests are refused"],
        ["alice --end-streams", "and what it is being answered is cut off"],
      ],
    },
    import: {
      brief: "Let in the users of an htpasswd file, with their passwords",
      description:
        "Each user becomes a key of that name, for basic authentication. Only bcrypt is taken ($2y$), up to cost 14. " +
        "The flags count for all of them. Exit code 1: some line was not taken.",
      examples: [["/etc/nginx/htpasswd --expires 30d", "for 30 days, in which they can be given keys"]],
    },
    usage: {
      brief: "What was used, by key and model",
      description:
        "Requests and tokens of the time since --since, 7 days unless given, with a bar for each day or hour.",
      examples: [
        ["", "all keys, 7 days"],
        ["alice --since 24h", "one key, hour by hour"],
        ["--since 30d --json", "as JSON"],
      ],
    },
  },
  logCommands: {
    list: {
      brief: "List what was done, newest last",
      description: "The last 50 entries, unless --last says how many.",
      examples: [["--last 10", "the last ten"]],
    },
    verify: {
      brief: "Check that no entry was changed, put in or taken out",
      description:
        "Whoever can write to the store alone cannot change the log unseen: the key of its hashes is in the file " +
        "`pepper`. Whoever can read that file too, can. That the newest entries were taken away, as when an older backup " +
        "is put back, shows only by --expect: keep the last line that this command prints somewhere else. " +
        "Exit code 0: sound; 1: not.",
      examples: [
        ["", "this machine's log"],
        ["--expect 42:9f86d081...", "and that entry 42 is still the one it was"],
      ],
    },
  },
  flags: {
    scope: "What it may do: inference, read, manage; inference unless given",
    models: "Models it may use, with * for any text; every model unless given",
    expires: "When it ends: 90d, 12h, or a date such as 2027-03-31 (its beginning, UTC); never unless given",
    rpm: "Requests a minute",
    tokensPerDay: "Tokens a day (UTC), such as 200000, 200k or 2M",
    concurrent: "Requests at the same time",
    maxBody: "Largest request, such as 512KiB or 20MiB",
    maxContext: "Largest num_ctx it may ask for",
    maxKeepAlive: "Longest keep_alive it may ask for, such as 10m",
    from: "Networks it may be used from, such as 10.0.0.0/24,2001:db8::/32",
    grant: "What no scope contains: cloud, experimental, debug",
    ollamaKey: "Public key of an Ollama, as in ~/.ollama/id_ed25519.pub, instead of a text",
    data: "Where keys are kept: a folder, or postgres://user@host/database",
    createJson: "Print { id, name, key } as JSON",
    all: "Keys that were revoked too",
    grace: "How long the old text stays valid; 24h unless given",
    endStreams: "Cut off what it is being answered",
    since: "How far back, such as 24h or 30d; 7d unless given",
    json: "Print the JSON document",
    last: "How many entries; 50 unless given",
    expect: "An entry that must still be there, as this command printed it: NUMBER:HASH",
  },
  arguments: {
    newName: "up to 64 letters, digits and ._@+-",
    key: "name or id of a key",
    usageKey: "name or id of a key; all unless given",
    htpasswd: "file as htpasswd writes it",
  },
  placeholders: {
    name: "NAME",
    key: "NAME",
    patterns: "MODELS",
    duration: "90d",
    number: "NUMBER",
    size: "SIZE",
    networks: "CIDR",
    publicKey: "KEY",
    place: "DIR|postgres://...",
    file: "FILE",
    entry: "NUMBER:HASH",
  },
  usage: {
    badName: "a name is up to 64 letters, digits and ._@+-, beginning with a letter or digit",
    badPatterns: "write names of models with commas between, such as 'qwen3:*,llama3.2'",
    badExpiry: "write 90d, 12h, 30m or a date such as 2027-03-31",
    badDuration: "write 90d, 12h, 30m or 45s",
    badCount: "write a number above 0, such as 60, 200k or 2M",
    badSize: "write 512KiB, 20MiB or 1GiB",
    badNetworks: "write addresses or networks with commas between, such as 10.0.0.0/24,2001:db8::/32",
    badPublicKey: "write the content of ~/.ollama/id_ed25519.pub, which begins with ssh-ed25519",
    badEntry: "write NUMBER:HASH as `portlock gateway log verify` prints it",
    badList: (values) => `it takes ${values.join(", ")}, with commas between`,
  },
  keyTroubles: {
    "key-name-taken": ({ name }) => ({
      sentence: `there is a key named ${quote(name)} already.`,
      hint: `Take another name, revoke it (portlock keys revoke ${name}), or give it a new text (portlock keys rotate ${name}).`,
    }),
    "credential-taken": ({ keyName }) => ({
      sentence: `that public key, or that user, lets in the key ${quote(keyName)} already.`,
      hint: `Revoke that one first: portlock keys revoke ${keyName}`,
    }),
    "no-such-key": ({ key }) => ({
      sentence: `there is no key ${quote(key)}.`,
      hint: "`portlock keys list --all` lists them; --data says where they are kept.",
    }),
    "key-revoked": ({ name }) => ({
      sentence: `the key ${quote(name)} was revoked, which is for ever.`,
      hint: `Make a new one: portlock keys create ${name}`,
    }),
  },
  storeTroubles: {
    gone: (place) => ({
      sentence: `the store ${quote(place)} is not there, or does not answer.`,
      hint: "Check --data, or that the database runs. `portlock keys create NAME` makes a store in a folder where none is.",
    }),
    locked: (place) => ({
      sentence: `somebody else has had the store ${quote(place)} for too long; nothing was done.`,
      hint: "Try again; see what holds it, such as a backup: fuser -v FILE",
    }),
    "read-only": (place) => ({
      sentence: `the store ${quote(place)} can only be read.`,
      hint: "Check how its file system is mounted, or that the database is not a standby.",
    }),
    full: (place) => ({
      sentence: `there is no room left for the store ${quote(place)}; nothing was done.`,
      hint: "Make room on its disk, then try again.",
    }),
    "unsafe-permissions": (place) => ({
      sentence: `others than its owner can reach ${quote(place)}, or it is somebody else's.`,
      hint: `Look at it (ls -ld), then: chmod 0700 for a folder, 0600 for a file.`,
    }),
    damaged: (place) => ({
      sentence: `${quote(place)} is no store of Portlock's, or is damaged.`,
      hint: "Put a backup back, or choose another place with --data.",
    }),
    "newer-version": (place) => ({
      sentence: `a newer Portlock has written the store ${quote(place)}.`,
      hint: "Use that version, or a newer one.",
    }),
    denied: (place) => ({
      sentence: `${quote(place)} does not let this user in.`,
      hint: "Run it as the owner (sudo), or check the database's user and password (PGPASSWORD, ~/.pgpass).",
    }),
    "wrong-pepper": (place) => ({
      sentence: `the keys in ${quote(place)} were made with another pepper than the one here, and none of them would be known.`,
      hint: "Copy the file `pepper` from where they were made; for PostgreSQL name it in PORTLOCK_PEPPER_FILE.",
    }),
    busy: () => ({ sentence: "too many passwords wait to be checked.", hint: "Try again in a moment." }),
  },
  troubles: {
    "data-refused": ({ why }) => ({
      sentence:
        why === "password-in-url"
          ? "a password on the command line can be read by everybody on this machine."
          : "--data takes a folder, or postgres://user@host/database.",
      hint:
        why === "password-in-url"
          ? "Leave it out: it is taken from PGPASSWORD or ~/.pgpass. Change the one you have just typed."
          : "Left out, keys are kept in the folder of this user.",
    }),
    "expiry-past": ({ text }) => ({
      sentence: `${quote(text)} is not in the future, and the key would never be valid.`,
      hint: "Write 90d, or a date to come.",
    }),
    "file-without-users": ({ file }) => ({
      sentence: `there is no user in ${quote(file)}.`,
      hint: "Each line is USER:HASH, as `htpasswd -B` writes it.",
    }),
  },
  headings: {
    name: "NAME",
    id: "ID",
    state: "STATE",
    scopes: "SCOPE",
    grants: "GRANTS",
    models: "MODELS",
    from: "FROM",
    limits: "LIMITS",
    createdAt: "CREATED",
    expiresAt: "EXPIRES",
    revokedAt: "REVOKED",
    secrets: "KNOWN BY",
    requests: "REQUESTS",
    promptTokens: "PROMPT TOKENS",
    answerTokens: "ANSWER TOKENS",
    failed: "FAILED",
    model: "MODEL",
    number: "NUMBER",
    at: "AT",
    by: "BY",
    act: "ACT",
    key: "KEY",
    detail: "DETAIL",
  },
  states: { "in-force": "in force", expired: "expired", revoked: "revoked" },
  every: "every",
  none: "none",
  never: "never",
  limits: {
    requestsPerMinute: (value) => `${value} requests/min`,
    tokensPerDay: (value) => `${value} tokens/day`,
    concurrent: (value) => `${value} at once`,
    maxBodyBytes: (value) => `body ${value}`,
    maxContextTokens: (value) => `num_ctx ${value}`,
    maxKeepAliveSeconds: (value) => `keep_alive ${value}`,
  },
  secret: (kind, prefix, until) =>
    (kind === "secret"
      ? `text plk_${prefix}_...`
      : kind === "signature"
        ? `Ollama's public key (SHA-256 ${prefix.slice(0, 16)})`
        : `password of ${quote(prefix)}`) + (until === null ? "" : `, until ${until}`),
  created: (name, id) => `Key ${quote(name)} was made (${id}).`,
  shownOnce: "This is the only time its text is shown. Clients send it as: Authorization: Bearer ...",
  notOfService: (command) =>
    `This key is for a gateway that you start yourself. The service of this host has keys of its own: ${command}`,
  createdForSignature: (name) =>
    `Key ${quote(name)} has no text: start the client with OLLAMA_AUTH=1 and OLLAMA_HOST set to the gateway.`,
  rotated: (name, until) => `Key ${quote(name)} has a new text; the old one is valid until ${until}.`,
  revoked: (name, endsStreams) =>
    `Key ${quote(name)} was revoked: every gateway refuses it within a second, and ` +
    (endsStreams ? "what it is being answered is cut off." : "finishes what it is being answered."),
  revokedBefore: (name, at) => `Key ${quote(name)} was revoked already, at ${at}.`,
  noKeys: "There is no key. Make one: portlock keys create NAME",
  moreRevoked: (count) => `${count} revoked, shown with --all`,
  imported: (name, line) => `line ${line}: ${quote(name)} is let in`,
  notImported: (line, why) => `line ${line}: not taken: ${NOT_IMPORTED[why]}`,
  noUsage: "Nothing was used in that time.",
  usageOf: (since) => `Since ${since}:`,
  chart: (unit, most) => `Tokens ${unit === "hour" ? "an hour" : "a day"} (UTC); the longest bar is ${most}.`,
  logSound: (entries, number, hash) =>
    `Sound: ${entries} ${entries === 1 ? "entry" : "entries"}. To check later that none was taken away, keep this: ${number}:${hash}`,
  logBroken: (number, why) => `NOT SOUND at entry ${number}: ${LOG_BROKEN[why]}.`,
  logEmpty: "The log is empty.",
};

const NOT_IMPORTED: Readonly<Record<Parameters<KeysWords["notImported"]>[1], string>> = {
  "no-bcrypt": "its hash is none of bcrypt's; write it anew with `htpasswd -B`",
  "no-user": "it has no user name that can name a key",
  "too-slow": "its cost is above 14, at which one login takes seconds; write it anew with `htpasswd -B -C 10`",
  "key-name-taken": "there is a key of that name already",
};

const LOG_BROKEN: Readonly<Record<Parameters<KeysWords["logBroken"]>[1], string>> = {
  changed: "it is not what was written",
  missing: "an entry before it is missing",
  "cut-off": "the store says that this entry was written, and it is not there",
  "not-expected": "it is not the entry that was expected",
  "key-differs": "the key it speaks of stands otherwise in the store than the log says",
};

function quote(text: string): string {
  return `"${toPrintable(text, 120)}"`;
}
