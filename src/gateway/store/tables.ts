/** Tables as both databases have them: times are integer milliseconds, lists and objects JSON as text. */
export interface Tables {
  readonly portlock_state: StateRow;
  readonly portlock_keys: KeyRow;
  readonly portlock_secrets: SecretRow;
  readonly portlock_usage: UsageTableRow;
  readonly portlock_audit: AuditRow;
}

/** The one row that every writer takes first, so that they write one after another. */
export interface StateRow {
  readonly id: 1;
  readonly version: number;
  /** Last entry of the audit log. */
  readonly number: number;
  readonly hash: string;
  /** Tells another pepper from ours, and nothing about it. */
  readonly pepper_check: string;
}

export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: string;
  readonly grants: string;
  readonly models: string | null;
  readonly networks: string | null;
  readonly limits: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly ends_streams: number;
  /** Number of the audit entry that changed it last. */
  readonly changed: number;
}

export interface SecretRow {
  readonly key_id: string;
  /** 1 for the first secret of a key. */
  readonly position: number;
  readonly prefix: string;
  readonly kind: string;
  readonly value: string;
  readonly expires_at: number | null;
}

export interface UsageTableRow {
  readonly key_id: string;
  readonly model: string;
  readonly hour: number;
  readonly requests: number;
  readonly prompt_tokens: number;
  readonly answer_tokens: number;
  readonly failed: number;
}

export interface AuditRow {
  readonly number: number;
  readonly at: number;
  readonly by: string;
  readonly act: string;
  readonly key_id: string | null;
  readonly detail: string;
  readonly hash: string;
  readonly previous_hash: string;
}
