/** Koa with one middleware and nothing else. */
import Koa from 'koa';

new Koa()
  .use((ctx) => {
    ctx.body = `Current time: ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`;
  })
  .listen(Number(process.env['PORT']), '127.0.0.1');
