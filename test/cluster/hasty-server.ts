/**
 * What the service does not do, to show that the load would see it. `abrupt` closes its idle connections at SIGTERM and
 * accepts no more; `polite` sends `Connection: close` first, and yet accepts no more.
 */
import { createServer } from 'node:http';

const isPolite = process.argv[2] === 'polite';
let isEnding = false;

const server = createServer((_, response) => {
  response.shouldKeepAlive = !(isPolite && isEnding);
  response.end('now');
});
server.listen(8080);

process.once('SIGTERM', () => {
  isEnding = true;
  if (!isPolite) {
    server.close();
    return;
  }
  // The listening socket alone: http.Server would close the idle connections with it.
  Object.getPrototypeOf(Object.getPrototypeOf(server)).close.call(server);
  setTimeout(() => process.exit(0), 8000);
});
