/**
 * What one connection may do. grpc-js bounds its streams and its age, but neither its pings nor its metadata, and a ping
 * costs a server as much as it costs a client nothing. The rule on pings is gRPC's own: one that comes too soon after the
 * last, with nothing sent in between, is a strike, and too many end the connection. Clients that measure their bandwidth
 * ping after they got data, and so get no strikes.
 * https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md
 */
import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';

/** The shortest keepalive that gRPC lets a client have. */
const SHORTEST_PING_INTERVAL_MS = 10_000;

const MOST_STRIKES = 2;

/** More than the acknowledgement of a ping and of settings take, and less than any answer does. */
const ACKNOWLEDGEMENT_BYTES = 32;

/** What gRPC's clients know a refusal by; they make their keepalive slower then. */
const TOO_MANY_PINGS = Buffer.from('too_many_pings');

/** The metadata of a call, names and values; gRPC recommends 8 KiB. */
const MAX_METADATA_BYTES = 8 * 1024;

export function limitConnections(server: Http2Server): void {
  server.updateSettings({ maxHeaderListSize: MAX_METADATA_BYTES });
  server.on('session', refusePingAbuse);
}

function refusePingAbuse(session: ServerHttp2Session): void {
  let lastMs = -Infinity;
  let lastBytes = 0;
  let strikes = 0;
  session.on('ping', () => {
    const nowMs = performance.now();
    const bytes = session.socket.bytesWritten;
    const isEarly = nowMs - lastMs < SHORTEST_PING_INTERVAL_MS;
    const isIdle = bytes - lastBytes <= ACKNOWLEDGEMENT_BYTES;
    strikes = isEarly && isIdle ? strikes + 1 : 0;
    lastMs = nowMs;
    lastBytes = bytes;
    if (strikes <= MOST_STRIKES) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, TOO_MANY_PINGS);
    session.destroy();
  });
}
