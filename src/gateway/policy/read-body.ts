import type { BodyReading, Route } from "./decision.ts";
import { readJsonBody } from "./read-json-body.ts";
import { readMultipart } from "./read-multipart.ts";

/**
 * What a policy looks at in a whole body, read without writing it anew: the bytes themselves go on.
 *
 * @param contentType value of the one Content-Type header; null where there is none.
 */
export function readBody(route: Route, contentType: string | null, bytes: Uint8Array): BodyReading {
  return route.modelIn === "multipart" ? readMultipart(contentType, bytes) : readJsonBody(route, bytes);
}
