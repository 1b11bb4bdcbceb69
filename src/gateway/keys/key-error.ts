/** Why a key cannot be made or changed as it was asked for, with what a sentence about it needs. */
export interface KeyTroubles {
  "key-name-taken": { readonly name: string };
  /** Another key in force already lets this public key or user in. */
  "credential-taken": { readonly prefix: string; readonly keyName: string };
  "no-such-key": { readonly key: string };
  "key-revoked": { readonly name: string };
}

export type KeyTrouble = {
  readonly [Code in keyof KeyTroubles]: { readonly code: Code; readonly data: KeyTroubles[Code] };
}[keyof KeyTroubles];

/** Nothing was changed. */
export class KeyError extends Error {
  override readonly name: string = "KeyError";
  readonly trouble: KeyTrouble;

  constructor(trouble: KeyTrouble) {
    super(trouble.code);
    this.trouble = trouble;
  }
}
