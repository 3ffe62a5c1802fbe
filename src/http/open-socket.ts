import * as net from 'node:net';
import * as tls from 'node:tls';
import type { HttpTarget } from './http-target.js';
import { openTunnel } from './proxy-tunnel.js';
import { ReceivedBytes } from './received-bytes.js';
import { trustIn } from './tls-trust.js';

/** Idle connections are probed from so many milliseconds on, so that a router does not forget them. */
const KEEP_ALIVE_DELAY_MILLIS = 1000;

export interface SocketOptions {
  readonly target: HttpTarget;
  /** The proxy through which an `https:` target is reached; plain ones are asked of the proxy itself. */
  readonly tunnel: URL | undefined;
  /** PEM text of the certificate authorities to trust instead of Node's. */
  readonly ca: string | undefined;
  readonly timeoutMillis: number;
}

/** A socket that nothing can be written to yet. */
export interface OpeningSocket {
  /** Gives up, also the tunnel that it waits for. */
  destroy(error: Error): void;
}

/** A socket that requests can be written to, and what comes back. */
export interface OpenSocket {
  readonly socket: net.Socket;
  readonly received: ReceivedBytes;
}

export type SocketOpened = (outcome: OpenSocket | Error) => void;

/**
 * Connects, and tells when requests can be written: over TLS not before the certificate was found
 * good, so that no token is written to a stranger. Never keeps the process alive.
 */
export function openSocket(options: SocketOptions, opened: SocketOpened): OpeningSocket {
  const { target, tunnel, ca, timeoutMillis } = options;
  const received = new ReceivedBytes();
  if (tunnel !== undefined) {
    let opening: OpeningSocket = openTunnel({ proxy: tunnel, target, ca, timeoutMillis }, (end) => {
      if (end instanceof Error) {
        opened(end);
        return;
      }
      opening = end;
      received.follow(end);
      awaitReady({ socket: end, received }, 'secureConnect', opened);
    });
    return { destroy: (error) => opening.destroy(error) };
  }
  const { host, port, secure } = target;
  const kept = {
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MILLIS,
    onread: received.onread,
  };
  const socket = secure
    ? tls.connect({ port, ...kept, ...trustIn(host, ca) })
    : net.connect({ host, port, ...kept });
  awaitReady({ socket, received }, secure ? 'secureConnect' : 'connect', opened);
  return socket;
}

function awaitReady(
  open: OpenSocket,
  event: 'connect' | 'secureConnect',
  opened: SocketOpened,
): void {
  const { socket } = open;
  const ready = (): void => {
    socket.off('error', failed);
    opened(open);
  };
  const failed = (error: Error): void => {
    socket.off(event, ready);
    // Errors may come in twos, and an error that nobody hears ends the process.
    socket.on('error', () => undefined);
    opened(error);
  };
  socket.unref();
  socket.once(event, ready);
  socket.once('error', failed);
}
