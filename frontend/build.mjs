// Bundles what the pages load into webapp/static/dist: hashed names, a manifest, and gzip beside every text file.
// manifest.json maps an entry ("app.js", "case.js", "case.css") to its hashed file.
import { build } from 'esbuild';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const home = join(here, '..', 'webapp', 'static', 'dist');
const fresh = `${home}.new`;
const entries = ['app', 'case', 'compare', 'drawing', 'form', 'table'];

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => `src/${name}.js`),
  outdir: fresh,
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'linked',
  loader: { '.svg': 'file', '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file' },
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  logLevel: 'warning',
});

const manifest = {};
for (const [file, output] of Object.entries(result.metafile.outputs)) {
  if (!output.entryPoint) continue;
  const name = basename(output.entryPoint, '.js');
  manifest[`${name}.js`] = relative(fresh, join(here, file));
  if (output.cssBundle) manifest[`${name}.css`] = relative(fresh, join(here, output.cssBundle));
}
await writeFile(join(fresh, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);

for (const file of await readdir(fresh)) {
  if (!/\.(js|css|svg|ttf|eot)$/.test(file)) continue;
  const packed = await promisify(gzip)(await readFile(join(fresh, file)), { level: constants.Z_BEST_COMPRESSION });
  await writeFile(join(fresh, `${file}.gz`), packed);
}

// in one step: a running service never meets half a bundle
await rm(`${home}.old`, { recursive: true, force: true });
await rename(home, `${home}.old`).catch((reason) => {
  if (reason.code !== 'ENOENT') throw reason;
});
await rename(fresh, home);
await rm(`${home}.old`, { recursive: true, force: true });
