import { image } from '../../../infra/review/rules/image.ts';
import type { Case, RuleCases } from './cases.ts';
import { containerOf } from './install.ts';

const DIGEST = `sha256:${'0a'.repeat(32)}`;
const OTHER_DIGEST = `sha256:${'0b'.repeat(32)}`;

const set =
  (reference: string): Case['change'] =>
  (install) =>
    Object.assign(containerOf(install), { image: reference });

export const imageCases: RuleCases = {
  rule: image,
  cases: [
    {
      it: 'says that an image moves by tag',
      change: set('time-service:0.2.0'),
      says: ['effect: clock: its image moves by tag to 0.2.0, which can be moved; a digest cannot.'],
    },
    {
      it: 'warns of latest',
      change: set('time-service:latest'),
      says: ['danger: clock: its image is whatever `latest` is when a node pulls it.'],
    },
    {
      it: 'warns of no tag behind a registry with a port',
      change: set('images.example.org:5000/time-service'),
      says: ['danger: clock: its image is whatever `latest` is when a node pulls it.'],
    },
    {
      it: 'warns of a digest that is given up',
      before: set(`time-service:0.1.0@${DIGEST}`),
      change: set('time-service:0.1.0'),
      says: ['danger: clock: its image was pinned by digest and goes by the tag 0.1.0 now, which can be moved.'],
    },
    {
      it: 'says that an image changes under one tag',
      before: set(`time-service:0.1.0@${DIGEST}`),
      change: set(`time-service:0.1.0@${OTHER_DIGEST}`),
      says: ['effect: clock: its image changes, though its tag 0.1.0 does not.'],
    },
    {
      it: 'says that an image comes from elsewhere',
      change: set(`images.example.org/time-service:0.1.0@${DIGEST}`),
      says: ['effect: clock: its image comes from images.example.org/time-service now.'],
    },
    { it: 'is silent about an image that is pinned', change: set(`time-service:0.1.0@${DIGEST}`), says: [] },
  ],
};
