/** Koa with @koa/router, as most of its users have it. */
import { Router } from '@koa/router';
import Koa from 'koa';

const router = new Router();
router.get('/time', (ctx) => {
  ctx.body = `Current time: ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`;
});
new Koa().use(router.routes()).use(router.allowedMethods()).listen(Number(process.env['PORT']), '127.0.0.1');
