// Bundles what the pages load into webapp/static/dist: hashed names, a manifest, and gzip beside every text file.
// manifest.json maps an entry ("app.js", "case.js", "case.css") to its hashed file.
import { build } from 'esbuild';
import { mkdir, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const home = join(here, '..', 'webapp', 'static', 'dist');
const fresh = `${home}.new`;
const entries = ['app', 'case', 'compare', 'drawing', 'form', 'table'];

// Four places where a package is not taken as it comes. A build in which one of them no longer applies stops: then the
// package has changed, and somebody must look whether the reason still holds.
const STYLES = '!root.head && root.adoptedStyleSheets';
// what the form editor's own panel takes from the code editor
const ABSENT = ['default', 'Annotation', 'EditorView', 'FeelersEditor', 'jsonParseLinter', 'lineNumbers'];
const applied = new Set();
const changes = {
  name: 'changes',
  async setup(build) {
    // Wherever the code editor comes in, its styles go into a sheet of the document: as it comes it writes <style>
    // elements, which the policy of our pages refuses (style-src 'self').
    build.onLoad({ filter: /style-mod[\\/]src[\\/]style-mod\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!source.includes(STYLES)) throw new Error(`${path} no longer has the line: ${STYLES}`);
      return { contents: source.replace(STYLES, 'root.adoptedStyleSheets') };
    });
    // The form editor and the fields it draws are two packages with two copies of preact; hooks need one.
    const editor = await realpath(join(here, 'node_modules', '@bpmn-io', 'form-js-editor'));
    build.onResolve({ filter: /^preact(\/|$)/ }, async ({ path, importer, kind, pluginData }) => {
      if (pluginData === 'resolved' || !/[\\/]form-js-viewer[\\/]/.test(importer)) return undefined;
      applied.add('preact');
      return build.resolve(path, { resolveDir: editor, kind, pluginData: 'resolved' });
    });
    // The form editor's own panel of properties speaks FEEL; ours does not (src/editors/form-panel.js), so that the
    // code editor behind it (300 KB) need not be loaded.
    build.onResolve({ filter: /^(@codemirror\/|@bpmn-io\/feel(ers)?-editor$)/ }, ({ path, importer }) => {
      if (!importer.startsWith(editor)) return undefined;
      applied.add('panel');
      return { path, namespace: 'absent' };
    });
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
      contents: `const absent = () => {}; absent.define = absent;
        export { ${ABSENT.map((name) => `absent as ${name}`).join(', ')} };`,
    }));
    // A cell of a table is typed as plain text; its check is the server's, which knows the whole bundle.
    build.onResolve({ filter: /^dmn-js-shared\/lib\/components\/LiteralExpression$/ }, ({ importer }) => {
      if (!/[\\/]dmn-js-/.test(importer)) return undefined;
      applied.add('cells');
      return { path: join(here, 'src', 'editors', 'table-expression.js') };
    });
  },
};

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
  target: 'chrome109', // the last for Windows 7; tests look through what is built
  charset: 'utf8',
  legalComments: 'linked',
  loader: { '.svg': 'file', '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file' },
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  logLevel: 'warning',
  plugins: [changes],
});
// (the styles are only met where a page has the code editor; none has at present)
for (const change of ['preact', 'panel', 'cells']) {
  if (!applied.has(change)) throw new Error(`the change "${change}" met nothing to change`);
}

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
