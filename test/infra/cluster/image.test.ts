import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { contentImage } from '../../../infra/cluster/image.ts';

describe('the tag of an image', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'image-'));
    mkdirSync(join(root, 'app/http'), { recursive: true });
    for (const name of [
      'Dockerfile',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'app/a.ts',
      'app/http/b.ts',
    ]) {
      writeFileSync(join(root, name), name);
    }
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is the same for the same content, wherever and whenever it was written', () => {
    const copy = `${root}-copy`;
    cpSync(root, copy, { recursive: true });
    utimesSync(join(copy, 'app/a.ts'), 0, 0);
    assert.equal(contentImage(copy), contentImage(root));
    assert.match(contentImage(root), /^time-service:[0-9a-f]{12}$/);
    rmSync(copy, { recursive: true });
  });

  for (const name of ['Dockerfile', 'package.json', 'package-lock.json', 'tsconfig.json', 'app/http/b.ts']) {
    it(`is another one after a change of ${name}`, () => {
      const before = contentImage(root);
      writeFileSync(join(root, name), 'changed');
      assert.notEqual(contentImage(root), before);
    });
  }

  it('is another one after a file got another name', () => {
    const before = contentImage(root);
    renameSync(join(root, 'app/a.ts'), join(root, 'app/c.ts'));
    assert.notEqual(contentImage(root), before);
  });

  it('is the same after a change that the image does not hold', () => {
    const before = contentImage(root);
    writeFileSync(join(root, 'README.md'), 'changed');
    assert.equal(contentImage(root), before);
  });
});
