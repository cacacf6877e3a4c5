import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {build} from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));
const source = new URL('../src/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** What Vite makes of a page that has only this script. */
async function bundled(script) {
  const entry = 'virtual:page';
  const {output} = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [{name: 'page', resolveId: id => (id === entry ? id : null), load: id => (id === entry ? script : null)}],
    build: {write: false, target: 'es2022', rollupOptions: {input: entry, preserveEntrySignatures: 'strict'}},
  });
  assert.equal(output.length, 1);
  return output[0].code;
}

const zipped = code => gzipSync(code, {level: 9}).length;

test('sizes, minified and gzipped', {timeout: 60_000}, async t => {
  const sizes = {};
  for (const [name, script, most] of [
    ['core', `export * from 'multiplex-js/core'`, 8_000],
    ['everything', `export * from 'multiplex-js'`, 12_000],
  ]) {
    sizes[name] = zipped(await bundled(script));
    assert.ok(sizes[name] <= most, `${name}: ${sizes[name]} bytes, max=${most}`);
  }
  t.diagnostic(JSON.stringify(sizes));
});

test('a bundle runs', {timeout: 60_000}, async () => {
  const code = await bundled(`
    import {Topic, Pool} from 'multiplex-js';
    import {cbor} from 'multiplex-js/cbor';
    import {msgpack} from 'multiplex-js/msgpack';
    const topic = new Topic('ws://127.0.0.1/', {codec: cbor, pool: new Pool()});
    export const results = [topic.status, cbor.decode(cbor.encode([1]).buffer), msgpack.name];`);
  const {results} = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  assert.deepEqual(results, ['idle', [1], 'msgpack']);
});

test('a page without a bundler finds every file: imports are relative, with extension', () => {
  for (const file of readdirSync(source)) {
    const code = readFileSync(new URL(file, source), 'utf8').replace(/\/\*\*.*?\*\//gs, '');
    for (const [, from] of code.matchAll(/(?:from|import) '([^']+)'/g)) {
      const isPeer = Object.hasOwn(manifest.peerDependencies, from) && /^(cbor|msgpack)\.js$/.test(file);
      assert.ok(isPeer || /^\.\/[a-z]+\.js$/.test(from), `${file} imports ${from}`);
    }
  }
  assert.equal(manifest.dependencies, undefined);
});

test('Node.js imports and requires it, and nothing runs at import', () => {
  const run = (...args) => execFileSync(process.execPath, [...args], {cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']}).trim();
  const names = 'MultiplexError,MultiplexWebSocket,Pool,Topic,bytes,constant,exponential,json,never,steps,text';
  assert.equal(run('--input-type=module', '-e', `console.log(Object.keys(await import('multiplex-js')).sort().join())`), names);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) {
    assert.equal(run('-e', `console.log(Object.keys(require('multiplex-js')).filter(it => it !== '__esModule').sort().join())`), names);
  }
  const handles = `await import('multiplex-js'); console.log(process.getActiveResourcesInfo().filter(it => it === 'Timeout').length)`;
  assert.equal(run('--input-type=module', '-e', handles), '0');
});

test('the package has what its map names', () => {
  const require = createRequire(import.meta.url);
  const packed = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}));
  const {files} = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
  const names = files.map(({path}) => path);
  for (const entry of Object.values(manifest.exports)) {
    for (const file of typeof entry === 'string' ? [entry] : Object.values(entry)) {
      assert.ok(names.includes(file.slice(2)), `${file} is not in ${names}`);
    }
  }
  assert.ok(names.includes('README.md') && names.includes('LICENSE'), String(names));
  assert.deepEqual(names.filter(name => name.startsWith('test')), []);
  assert.equal(require('multiplex-js/package.json').version, manifest.version);
});
