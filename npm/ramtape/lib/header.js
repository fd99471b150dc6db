// Tells ramtape which session a request belongs to, whichever client makes it and wherever that was made: the header is added as
// the request goes out.

import { subscribe } from "node:diagnostics_channel";
import http from "node:http";

const HEADER = "x-ramtape-session";

/** A session's name as it can be in a header or a path. */
export const encodeSession = (session) => encodeURIComponent(session.toWellFormed());

/** The host and port of ramtape, and what gives the session. */
let target;

/** From now on requests to `host` belong to the session that `session()` gives; to none where `host` is undefined. */
export function nameSessions(host, session) {
  target = host && { host, session };
}

const sessionOf = (host) => (host === target?.host ? encodeSession(target.session()) : undefined);

// `http` and `https`, which inherits this. AWS's SDK asks through it.
const { addRequest } = http.Agent.prototype;
http.Agent.prototype.addRequest = function (request, ...rest) {
  const session = target && sessionOf(request.getHeader("host"));
  if (session && !request.headersSent) request.setHeader(HEADER, session);
  return addRequest.call(this, request, ...rest);
};

// `fetch`.
subscribe("undici:request:create", ({ request }) => {
  const session = target && sessionOf(new URL(request.origin).host);
  if (session) request.addHeader(HEADER, session);
});
