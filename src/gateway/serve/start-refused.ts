/** Why a gateway does not start, with what the sentence needs. Codes are stable. */
export interface StartTroubles {
  "beyond-loopback-without-tls": { readonly listen: string };
  "beyond-loopback-without-keys": { readonly listen: string };
  "metrics-beyond-loopback": { readonly listen: string };
  "upstream-is-gateway": { readonly upstream: string };
  "bad-redis": null;
  "redis-gone": null;
  "address-in-use": { readonly listen: string };
  "listen-denied": { readonly listen: string; readonly detail: string };
  "tls-incomplete": null;
  "tls-pair-broken": { readonly file: string; readonly detail: string };
  "tls-key-readable": { readonly file: string };
  "tls-self-signed-failed": { readonly detail: string };
  "client-ca-broken": { readonly file: string; readonly detail: string };
  "file-unreadable": { readonly file: string; readonly detail: string };
  "log-unwritable": { readonly file: string; readonly detail: string };
}

export type StartTrouble = {
  readonly [Code in keyof StartTroubles]: { readonly code: Code; readonly data: StartTroubles[Code] };
}[keyof StartTroubles];

/** The gateway does not start like this. */
export class StartRefused extends Error {
  override readonly name: string = "StartRefused";
  readonly trouble: StartTrouble;

  constructor(trouble: StartTrouble) {
    super(trouble.code);
    this.trouble = trouble;
  }
}
