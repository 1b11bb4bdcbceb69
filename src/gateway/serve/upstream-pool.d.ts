/** The module of undici that alone is needed: the whole package takes three times as long to load. */
declare module "undici/lib/dispatcher/pool.js" {
  import type { Pool as PoolClass } from "undici";
  const Pool: typeof PoolClass;
  export default Pool;
}
