// An agent that reaches its hosts through an HTTP proxy's CONNECT, as the packages of that name do.

import http from "node:http";
import https from "node:https";
import tls from "node:tls";

export class ConnectAgent extends https.Agent {
  constructor(proxy) {
    super({ keepAlive: true });
    this.proxy = new URL(proxy);
  }

  createConnection(options, done) {
    const { hostname, port } = this.proxy;
    const path = `${options.host}:${options.port}`;
    const asking = http.request({ hostname, port, method: "CONNECT", path, headers: { host: path } });
    asking.once("connect", (answer, socket) => {
      if (answer.statusCode !== 200) return done(new Error(`CONNECT: ${answer.statusCode} ${answer.statusMessage}`));
      done(null, tls.connect({ ...options, socket, servername: options.host }));
    });
    asking.once("error", done);
    asking.end();
  }
}
