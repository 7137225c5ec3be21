/** Node's own HTTP server that formats the same line for each request: what is there before any framework. */
import { createServer } from 'node:http';

createServer((_request, response) => {
  const line = `Current time: ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`;
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': line.length });
  response.end(line);
}).listen(Number(process.env['PORT']), '127.0.0.1');
