import { toFamily } from "../addresses.ts";
import type { Route } from "../route.ts";
import type { Server } from "../server.ts";
import { isStoppedByRulesAlone } from "./others-reach.ts";
import { findOpenRoutes, type NumberedRoute } from "./others-routes.ts";

/** Open routes on which no rule decides, of somebody whom rules keep out by the other address family alone. */
export function findForgottenRoutes(server: Server): readonly NumberedRoute[] {
  return findOpenRoutes(server).filter(({ route }) => {
    const sameFamily = server.routes.filter(
      (each) => each.entry.port === route.entry.port && isSameFamily(each, route),
    );
    return (
      isLetInByPolicy(route) &&
      findStoppedByOtherFamily(server, route).length > 0 &&
      !sameFamily.some((each) => isStoppedByRulesAlone(each))
    );
  });
}

/** Whether nothing lets a route in but that no rule stops it. */
export function isLetInByPolicy({ barriers }: Route): boolean {
  const by = barriers.find(({ kind, why }) => kind === "firewall" && why === "rules-admit");
  return by !== undefined && (by.by === undefined || by.by.name.kind === "policy" || by.by.name.kind === "ufw-default");
}

/** What the same people meet who come to the same port by the other family, where rules alone stop it. */
export function findStoppedByOtherFamily(server: Server, route: Route): readonly Route[] {
  return server.routes.filter(
    (each) => isAlike(each, route) && !isSameFamily(each, route) && isStoppedByRulesAlone(each),
  );
}

function isAlike({ from, entry }: Route, other: Route): boolean {
  const isSamePlace = from.vantage === other.from.vantage && from.interface === other.from.interface;
  return isSamePlace && entry.port === other.entry.port;
}

function isSameFamily({ entry }: Route, other: Route): boolean {
  return toFamily(entry.address) === toFamily(other.entry.address);
}
