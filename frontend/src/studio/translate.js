// The language of an editor whose packages speak English.
//
//   const interpreter = interpret(root, words, { patterns, keep })
//     words     {"Create start event": "添加开始事件", …}
//     patterns  [[/^Append (.+)$/, '添加{1}']]: {1} is the first group, itself translated
//     keep      texts that stay as they are in Chinese too: names of notations
//   interpreter.say(text, replacements)   for packages with a translate service
//   interpreter.known(text)               the same for texts that may also be an owner's: nothing is missed
//   interpreter.watch(element, { skip, codes })  for those without: text, title, aria-label, placeholder and alt inside the
//                                         element, now and whenever they change; nothing inside what the selector `skip`
//                                         finds, and no text (only the attributes) of what `codes` finds
//
// What an owner wrote is never touched: the values of fields, and everything under translate="no".
// root.dataset.missing is the JSON list of Latin texts without a translation; it is empty on an English page.

const ATTRIBUTES = ['title', 'aria-label', 'placeholder', 'alt'];
const OWNED = '[translate="no"]';
const TYPED = 'script, style, textarea, [contenteditable="true"], [contenteditable=""]';
const HAN = /[\u3400-\u9fff]/;
const LATIN = /[A-Za-z]{2}/;

export function interpret(root, words, { patterns = [], keep = [] } = {}) {
  const chinese = root.ownerDocument.documentElement.lang.startsWith('zh');
  const kept = new Set(keep);
  const missing = new Set();
  root.dataset.missing = '[]';

  function miss(text) {
    if (missing.has(text)) return;
    missing.add(text);
    root.dataset.missing = JSON.stringify([...missing]);
  }

  function lookUp(text) {
    if (Object.hasOwn(words, text)) return words[text];
    for (const [pattern, answer] of patterns) {
      const match = pattern.exec(text);
      if (match) return answer.replace(/\{(\d)\}/g, (_, group) => lookUp(match[group] ?? '') ?? match[group] ?? '');
    }
    return undefined;
  }

  function translated(text) {
    const inner = text.trim();
    if (!LATIN.test(inner) || HAN.test(inner) || kept.has(inner)) return text;
    const found = lookUp(inner);
    if (found === undefined) {
      miss(inner);
      return text;
    }
    return text.replace(inner, () => found);
  }

  function say(text, replacements = {}) {
    let found = text;
    if (chinese && LATIN.test(text) && !HAN.test(text) && !kept.has(text)) {
      found = lookUp(text);
      if (found === undefined) miss(text);
      found ??= text;
    }
    return found.replace(/\{([^}]+)\}/g, (whole, name) => {
      if (!Object.hasOwn(replacements, name)) return whole;
      const value = String(replacements[name]);
      return (chinese && lookUp(value)) || value;
    });
  }

  function watch(element, { skip = '', codes = '' } = {}) {
    if (!chinese) return;
    const never = skip ? `${OWNED}, ${skip}` : OWNED;
    const untold = [never, TYPED, codes].filter(Boolean).join(', ');
    const visitText = (node) => {
      if (!node.parentElement || node.parentElement.closest(untold)) return;
      const text = translated(node.data);
      if (text !== node.data) node.data = text;
    };
    const visitAttribute = (one, attribute) => {
      const value = one.getAttribute(attribute);
      if (value === null || one.closest(never)) return;
      const text = translated(value);
      if (text !== value) one.setAttribute(attribute, text);
    };
    const visit = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return visitText(node);
      if (node.nodeType !== Node.ELEMENT_NODE || node.closest(never)) return undefined;
      for (const attribute of ATTRIBUTES) visitAttribute(node, attribute);
      for (const child of node.childNodes) visit(child);
      return undefined;
    };
    visit(element);
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === 'characterData') visitText(change.target);
        else if (change.type === 'attributes') visitAttribute(change.target, change.attributeName);
        else for (const node of change.addedNodes) visit(node);
      }
    }).observe(element, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ATTRIBUTES,
    });
  }

  // The translation where there is one: for texts that may also be an owner's.
  const known = (text) => (chinese && lookUp(text)) || text;

  return { say, watch, known, chinese };
}
