// The editor of a decision table: the rules of one decision, a tab for each decision when the file has several.
//   <div id="studio" …> (studio/session.js) with [data-table-canvas], [data-table-views], [data-table-undo],
//   [data-table-redo], [data-table-broken], [data-table-editor] inside it.
import { houseAnnotations } from './editors/table-annotations.js';
import { declareInputs } from './editors/table-inputs.js';
import { TableModeler } from './editors/table-modeler.js';
import { KEEP, PATTERNS, WORDS } from './editors/words-table.js';
import { open } from './studio/session.js';
import { interpret } from './studio/translate.js';
import './table.css';

// what an owner wrote, and so is never translated
const OWNERS = '.input-label, .input-expression, .output-label, .output-name, .decision-table-name, .cell.input-cell, '
  + '.cell.output-cell, .cell.annotation, .items .item, .annotation-name, .literal-expression, .input-variable, '
  + '.output-variable';

const root = document.getElementById('studio');
if (root) start(root);

async function start(root) {
  const { say, watch } = interpret(root, WORDS, { patterns: PATTERNS, keep: KEEP });
  const canvas = root.querySelector('[data-table-canvas]');
  const tabs = root.querySelector('[data-table-views]');
  const readonly = 'readonly' in root.dataset;
  // the package writes { name } where its own translation wants {name}
  const translate = (text, values) => say(text.replace(/\{ (\w+) \}/g, '{$1}'), values);
  const speaking = { translate: ['value', translate] };
  const annotations = { __init__: ['annotationsProvider'], annotationsProvider: ['type', houseAnnotations] };
  const modeler = new TableModeler({
    container: canvas,
    readonly,
    common: {
      readonly,
      // cells are typed as plain text: the package does so for a language that it does not call "feel"
      expressionLanguages: { options: [{ value: 'text', label: 'FEEL' }], defaults: { editor: 'text' } },
    },
    decisionTable: { additionalModules: [speaking, annotations] },
    literalExpression: { additionalModules: [speaking] },
  });
  const listeners = [];
  let found = [];

  const session = open({
    root,
    content: async () => {
      declareInputs(modeler);
      return `${(await modeler.saveXML({ format: true })).xml.trimEnd()}\n`;
    },
    changed: (fn) => listeners.push(fn),
    show: (findings) => {
      found = findings;
      mark();
    },
    choose: (finding) => choose(modeler, canvas, finding),
    name: (finding) => placeOf(modeler, finding.element, say),
  });

  function mark() {
    for (const place of canvas.querySelectorAll('[data-finding]')) {
      place.removeAttribute('data-finding');
      place.removeAttribute('title');
    }
    for (const finding of found) {
      for (const place of placesOf(canvas, finding.element)) {
        if (place.dataset.finding === 'error') continue;
        place.dataset.finding = finding.severity === 'error' ? 'error' : 'warning';
        place.title = [finding.sentence, finding.example].filter(Boolean).join(' ');
      }
    }
  }

  function showTabs() {
    const views = modeler.getViews();
    tabs.hidden = views.length < 2;
    tabs.replaceChildren(...views.map((view) => {
      const tab = document.createElement('button');
      tab.type = 'button';
      tab.textContent = view.name || view.id;
      tab.setAttribute('aria-pressed', String(view === modeler.getActiveView()));
      tab.addEventListener('click', () => modeler.open(view));
      return tab;
    }));
  }

  function history() {
    const stack = modeler.getActiveViewer()?.get('commandStack', false);
    for (const [name, can] of [['undo', stack?.canUndo()], ['redo', stack?.canRedo()]]) {
      const button = root.querySelector(`[data-table-${name}]`);
      if (button) button.disabled = !can;
    }
  }

  for (const name of ['undo', 'redo']) {
    root.querySelector(`[data-table-${name}]`)?.addEventListener('click', () => {
      modeler.getActiveViewer().get('commandStack')[name]();
    });
  }
  modeler.on('views.changed', () => {
    showTabs();
    history();
    mark();
  });
  modeler.on('viewer.created', ({ viewer }) => {
    viewer.on('commandStack.changed', () => {
      history();
      listeners.forEach((fn) => fn());
      requestAnimationFrame(mark);
    });
  });

  watch(canvas, { skip: OWNERS });
  try {
    await modeler.importXML(await session.load());
  } catch (reason) {
    console.warn(reason);
    root.querySelector('[data-table-broken]').hidden = false;
    root.querySelector('[data-table-editor]').hidden = true;
  }
  const changes = { subtree: true, childList: true, characterData: true };
  new MutationObserver(() => tidy(canvas, say)).observe(canvas, changes);
  tidy(canvas, say);
  session.ready();
  const element = new URLSearchParams(location.hash.slice(1)).get('element'); // from the findings of another editor
  if (element) choose(modeler, canvas, { element });
}

// --- the place of a finding ------------------------------------------------------------------------------------------

function placesOf(canvas, element) {
  if (!element) return [];
  return canvas.querySelectorAll(`[data-element-id="${CSS.escape(element)}"]`);
}

// "规则 3 · 差额" for a cell, a column or a rule of any decision of the file; '' when it is none of them.
function placeOf(modeler, element, say) {
  for (const view of modeler.getViews()) {
    const table = view.element.decisionLogic;
    if (view.element.id === element || table?.id === element) return view.name ?? '';
    const columns = [...(table?.input ?? []), ...(table?.output ?? [])];
    const column = columns.find((one) => one.id === element || one.inputExpression?.id === element);
    if (column) return titleOf(column);
    for (const [number, rule] of (table?.rule ?? []).entries()) {
      const row = say('Rule {number}', { number: number + 1 });
      if (rule.id === element) return row;
      const at = [...(rule.inputEntry ?? []), ...(rule.outputEntry ?? [])].findIndex((one) => one.id === element);
      if (at >= 0) return `${row} · ${titleOf(columns[at])}`;
    }
  }
  return '';
}

function titleOf(column) {
  return column.label || column.name || column.inputExpression?.text || '';
}

// Shows the cell, or the row of a rule; what is said of the table as a whole leads to its head.
async function choose(modeler, canvas, { element }) {
  const view = modeler.getViews().find((one) => holds(one.element, element));
  if (view && view !== modeler.getActiveView()) await modeler.open(view);
  for (const row of canvas.querySelectorAll('.finding-chosen')) row.classList.remove('finding-chosen');
  const table = view?.element.decisionLogic;
  const whole = [view?.element.id, table?.id].includes(element);
  const place = whole ? canvas.querySelector('.tjs-table thead') : placesOf(canvas, element)[0];
  if (!place) return;
  const row = place.closest('tbody tr');
  (row ?? place).classList.add('finding-chosen');
  place.scrollIntoView({ block: 'center', inline: 'center' });
  const isRule = (table?.rule ?? []).some((one) => one.id === element);
  ((isRule ? row : place).querySelector('[contenteditable]') ?? place).focus();
}

function holds(decision, element) {
  const table = decision.decisionLogic;
  const parts = [...(table?.input ?? []), ...(table?.output ?? []), ...(table?.rule ?? [])];
  const inner = (one) => [one, one.inputExpression, ...(one.inputEntry ?? []), ...(one.outputEntry ?? [])];
  return [decision, table, ...parts.flatMap(inner)].some((one) => one?.id === element);
}

// --- what the package leaves to do -----------------------------------------------------------------------------------

let tidying = false;

function tidy(canvas, say) {
  if (tidying) return;
  tidying = true;
  requestAnimationFrame(() => {
    tidying = false;
    nameSigns(canvas);
    nameCells(canvas, say);
    fitColumns(canvas);
  });
}

// Buttons that are a sign only get their title as name; a table to read is moved by keys; the head of the numbers is
// not a head of anything.
function nameSigns(canvas) {
  const every = (selector, repair) => canvas.querySelectorAll(selector).forEach(repair);
  every('button[title]:not([aria-label])', (one) => one.setAttribute('aria-label', one.title));
  every('.tjs-table-container:not([tabindex]):not(:has([contenteditable]))', (one) => { one.tabIndex = 0; });
  every('th.index-column', (one) => one.setAttribute('role', 'presentation'));
}

// Every cell is a field of its own, and the package names them all alike; its small windows begin at a third heading.
function nameCells(canvas, say) {
  const heads = [...canvas.querySelectorAll('.tjs-table thead th')].map((head) =>
    head.querySelector('.input-label, .input-expression, .output-label, .output-name')?.textContent ?? '');
  for (const [row, line] of [...canvas.querySelectorAll('.tjs-table tbody tr')].entries()) {
    for (const [at, cell] of [...line.children].entries()) {
      const field = cell.querySelector('[contenteditable]');
      if (!field) continue;
      const name = `${say('Rule {number}', { number: row + 1 })} · ${heads[at] || say('Annotation')}`;
      if (field.getAttribute('aria-label') !== name) field.setAttribute('aria-label', name);
    }
  }
  for (const box of canvas.querySelectorAll('input:is([type=checkbox], [type=radio]):not([aria-label])')) {
    box.setAttribute('aria-label', box.closest('.item, label, div')?.textContent.trim() ?? '');
  }
  for (const remove of canvas.querySelectorAll('.item [title="Remove item"]')) remove.title = say('Remove item');
  for (const head of canvas.querySelectorAll(':is(h3, h4):not([role])')) {
    head.setAttribute('role', 'heading');
    head.setAttribute('aria-level', head.matches('h3') ? '2' : '3');
  }
  for (const pencil of canvas.querySelectorAll('.simple-mode-button:not([role])')) {
    pencil.setAttribute('role', 'button');
    pencil.setAttribute('aria-label', pencil.title);
  }
}

// A column as wide as its longest word needs: most columns of a rule say nothing, and a table should fit the screen.
// A column whose width somebody drew keeps it.
function fitColumns(canvas) {
  for (const [at, head] of [...canvas.querySelectorAll('.tjs-table thead th')].entries()) {
    const ours = ['192px', head.dataset.fitted].includes(head.style.width); // 192px is the package's own
    if (!ours || !head.matches('.input-cell, .output-cell')) continue;
    const cells = [...canvas.querySelectorAll(`.tjs-table tbody td:nth-child(${at + 1})`)];
    const words = cells.flatMap((cell) => cell.textContent.split(/\s+/));
    const longest = Math.max(0, ...words.map((word) => word.length));
    const width = `${Math.min(Math.max(longest * 8 + 16, 92), 216)}px`;
    head.dataset.fitted = width;
    if (head.style.width !== width) head.style.width = width;
  }
}
