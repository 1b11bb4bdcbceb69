/** The modules of undici that alone are needed: the whole package takes three times as long to load. */
declare module "undici/lib/dispatcher/client.js" {
  import type { Client as ClientClass } from "undici";
  const Client: typeof ClientClass;
  export default Client;
}

declare module "undici/lib/core/connect.js" {
  import type { buildConnector as build } from "undici";
  const buildConnector: typeof build;
  export default buildConnector;
}
