import type { RequestOutcome } from "../host/host.ts";

/** A question put to a listener; which ones are asked is the server kinds' business. */
export interface Question {
  /** Names the request, not a server kind, so that kinds share it: for example `GET /api/version`. */
  readonly id: string;
  readonly method: "GET" | "HEAD";
  readonly path: string;
  /** `foreign` sends the name of a host that is not this one, as a rebound browser page would. */
  readonly host?: "foreign";
  /** `foreign` sends the origin of a page from elsewhere. */
  readonly origin?: "foreign";
}

/** What a listener answered to one question asked from the host itself. */
export interface Answer {
  readonly question: string;
  /** Address and port the question was sent to: a loopback address where the listener takes one. */
  readonly address: string;
  readonly port: number;
  /** Namespace of the listener that was asked. */
  readonly namespace: string | null;
  readonly outcome: RequestOutcome;
}

/** Host and origin that no machine of the user's has; RFC 2606 keeps `.example` free. */
export const FOREIGN_HOST = "rebind.portlock.example";
export const FOREIGN_ORIGIN = "https://page.portlock.example";
