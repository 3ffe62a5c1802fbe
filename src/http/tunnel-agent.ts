import type { ClientRequestArgs } from 'node:http';
import * as https from 'node:https';
import { Duplex } from 'node:stream';
import { openTunnel, type TunnelOptions } from './proxy-tunnel.js';

type Connected = (error: Error | null, socket: Duplex) => void;

const HTTPS_PORT = 443;

/** An agent for `https:` requests of node:https that go through a proxy, for exporters that take one. */
export function createTunnelAgent(
  tunnel: Omit<TunnelOptions, 'target'>,
  options: https.AgentOptions,
): https.Agent {
  function connect(request: ClientRequestArgs, connected: Connected): void {
    const target = { host: request.host ?? 'localhost', port: Number(request.port ?? HTTPS_PORT) };
    openTunnel({ ...tunnel, target }, (outcome) => {
      if (outcome instanceof Error) connected(outcome, new Duplex());
      else connected(null, outcome);
    });
  }

  // Assigned, not overridden: Node takes the socket from the callback when nothing is returned,
  // which the type of the method doesn't know.
  return Object.assign(new https.Agent(options), { createConnection: connect });
}
