import { parseConfig } from './config.ts';

console.log(parseConfig(process.env));
